/**
 * Measures all instances once a minute, in one call to the engine, and keeps a day of it in this process' memory, within bounds. Whoever looks
 * in between has it measured again, at most every ten seconds however many look.
 */
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { type Clock, sleep } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Place } from '../engine-instance.ts';
import { InstanceHistory, type Window } from './history.ts';
import type { TimedRow } from './series.ts';

/** Some 7 KiB each. Of what comes after, nothing is kept until others are gone. */
export const MEASURED_MAX = 2_000;
const ROUND_MS = 60_000;
/** So that a round is surely in the minute after the one that it ends. */
const AFTER_ROUND_MS = 100;
export const LOOK_EVERY_MS = 10_000;
/** The engine reads quotas of every disk for it, in a process each. */
const DISKS_EVERY_MS = 5 * 60_000;
/** While somebody looks. */
const SEEN_DISKS_EVERY_MS = 60_000;
/** With its own figures out of every window, an instance that is gone is forgotten. */
const FORGET_MS = 24 * 3_600_000;
/** Whoever looks gets what is there by then. */
const LOOK_WAIT_MS = 3_000;

/** Ours (`names.ts`): an Incus may be others' as well. */
const OURS = /^cm-[0-9a-f]{12}\/i-[0-9a-f]{12}$/;

export interface InstanceMetrics {
  /** The oldest first. Empty while nothing was measured. */
  read(place: Place, window: Window): Promise<readonly TimedRow[]>;
  /** Instances of which something is kept. */
  readonly kept: number;
  stop(): void;
}

export interface FollowOptions {
  readonly incus: Pick<Incus, 'instances'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const keyOf = ({ project, name }: Place) => `${project}/${name}`;

export function followInstances({ incus, clock, logger }: FollowOptions): InstanceMetrics {
  const histories = new Map<string, InstanceHistory>();
  let looked_ms = Number.NEGATIVE_INFINITY;
  let disks_ms = Number.NEGATIVE_INFINITY;
  let isFailing = false;
  let isStopped = false;
  let running: Promise<void> | undefined;
  let cancel = () => {};

  /** Undefined: there are as many as are kept. */
  function historyOf(key: string): InstanceHistory | undefined {
    const known = histories.get(key);
    if (known !== undefined || histories.size >= MEASURED_MAX) return known;
    const history = new InstanceHistory();
    histories.set(key, history);
    return history;
  }

  async function measureDisks(): Promise<void> {
    disks_ms = clock.now();
    for (const one of await incus.instances.listFull()) {
      const history = histories.get(keyOf(one));
      const used_bytes = one.state?.disk?.root?.usage;
      if (history !== undefined && used_bytes !== undefined) history.disk_bytes = used_bytes;
    }
  }

  async function measure(disksEvery_ms: number): Promise<void> {
    looked_ms = clock.now();
    for (const [key, { seen_ms }] of histories) if (looked_ms - seen_ms > FORGET_MS) histories.delete(key);
    const measured = (await incus.instances.metrics()).filter((one) => OURS.test(keyOf(one)));
    const at_ms = clock.now();
    const known = measured.flatMap((one) => {
      const history = historyOf(keyOf(one));
      return history === undefined ? [] : [{ one, history }];
    });
    try {
      if (known.length > 0 && at_ms - disks_ms >= disksEvery_ms) await measureDisks();
    } finally {
      for (const { one, history } of known) history.take(at_ms, one);
    }
  }

  /** One at a time; who comes while one runs waits for that. Never fails: what could not be measured is a gap. */
  function look(disksEvery_ms: number): Promise<void> {
    running ??= measure(disksEvery_ms)
      .then(
        () => {
          isFailing = false;
        },
        (error: unknown) => {
          if (!isFailing && !isIncusError(error, 'Absent'))
            logger.warn({ err: error }, 'instances are not measured');
          isFailing = true;
        },
      )
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function schedule(): void {
    if (isStopped) return;
    cancel = clock.after(ROUND_MS - (clock.now() % ROUND_MS) + AFTER_ROUND_MS, () => {
      void look(DISKS_EVERY_MS).then(schedule);
    });
  }
  schedule();

  return {
    async read(place, window) {
      const key = keyOf(place);
      if (clock.now() - looked_ms >= LOOK_EVERY_MS || running !== undefined) {
        const isNew = Number.isNaN(histories.get(key)?.disk_bytes ?? Number.NaN);
        const looked = look(isNew ? LOOK_EVERY_MS : SEEN_DISKS_EVERY_MS);
        const late = new AbortController();
        await Promise.race([looked, sleep(clock, LOOK_WAIT_MS, late.signal).catch(() => {})]);
        late.abort();
      }
      return histories.get(key)?.rows(window, clock.now()) ?? [];
    },
    get kept() {
      return histories.size;
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

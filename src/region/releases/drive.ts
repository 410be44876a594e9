/** One upgrade, or the way back, from the order to its end: whoever calls holds the lock of releases. */
import { join } from 'node:path';
import { folderName, removeOthers } from '#gap/release/install.ts';
import { Journal, type ReleaseId, readCurrent } from '#gap/release/journal.ts';
import { type Outcome, settle, upgrade } from '#gap/release/upgrade.ts';
import type { Clock } from '#kernel/clock.ts';
import { loadConfig } from '../config/load.ts';
import type { Layout } from '../layout.ts';
import { supervisorStatus } from '../supervisor/launch.ts';
import { operatorApi } from './api.ts';
import { UNSEAL_LIMIT_MS } from './bounds.ts';
import { hold, serves, untilServing } from './health.ts';
import { type LedgerSeen, seeLedger } from './ledger-watch.ts';
import { type Judge, machineOf } from './machine.ts';
import { releaseHere, runningHere } from './running.ts';

/** What somebody decided. */
export interface Order {
  /** `emergency`: one person on the machine goes back, because there is nobody left to ask, or nothing to ask them through. */
  readonly kind: 'apply' | 'rollback' | 'emergency';
  /** The Release that people agreed on. */
  readonly object: string;
  readonly version: string;
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
  /** The root whose signers are trusted, as the region says it; only believed the first time. */
  readonly root?: string;
}

export interface DriveOptions {
  readonly layout: Layout;
  readonly order: Order;
  readonly clock: Clock;
  /** For tests, whose releases nobody signed. Default: signatures are required. */
  readonly unsigned?: boolean;
  /** In place of the API's word, for programs that have none. */
  readonly judge?: Judge;
  /** For tests that end it in the middle: sees every step that is taken or written down. */
  readonly observe?: <T extends object>(part: T) => T;
}

const unobserved = <T extends object>(part: T): T => part;

export async function drive(options: DriveOptions): Promise<Outcome> {
  const { layout, order, clock, judge, observe = unobserved, unsigned = false } = options;
  const signed = unsigned ? undefined : { root: order.root };
  const { releases } = layout;
  const { object, by, reason } = order;
  const journal = new Journal(releases, clock);
  const from = await releaseHere(layout);
  const to = await targetOf(layout, order);
  const kind = order.kind === 'apply' ? 'apply' : 'rollback';
  await settle(machineOf({ layout, clock, from, to, kind, signed, judge: judge ?? NOBODY }), journal);
  const why = { kind: order.kind, object, by, reason };
  const words = `from ${from.version} to ${to.version}, ${order.kind} by ${by}: ${reason}`;
  const attempt = await journal.begin({ from, to, why }, words);
  const judged = judge ?? (await judgeOf(layout, clock, { order, attempt, from }));
  const machine = observe(machineOf({ layout, clock, from, to, kind, signed, judge: judged }));
  const { outcome } = await upgrade(machine, observe(journal), attempt);
  await prune(layout);
  return outcome;
}

const NOBODY: Judge = {
  missing: async () => [],
  prepare: async () => {},
  serving: async () => {},
  hold: async () => '',
  extra_ms: 0,
};

async function targetOf({ releases }: Layout, { kind, version, digest }: Order): Promise<ReleaseId> {
  if (kind === 'apply') return { version, digest, folder: join(releases, folderName({ version, digest })) };
  const found = (await readCurrent(releases))?.before.find((one) => one.digest === digest);
  if (found === undefined) throw new Error(`${version} is not among the releases that one can go back to`);
  return found;
}

/** Keeps what runs and what one may go back to. */
async function prune({ releases }: Layout): Promise<void> {
  const current = await readCurrent(releases);
  if (current === undefined) return;
  await removeOthers(releases, [current.folder, ...current.before.map(({ folder }) => folder)]);
}

interface Judged {
  readonly order: Order;
  readonly attempt: number;
  readonly from: ReleaseId;
}

async function judgeOf(layout: Layout, clock: Clock, { order, attempt, from }: Judged): Promise<Judge> {
  const config = await loadConfig(layout.config);
  const status = () => supervisorStatus(layout);
  let before: LedgerSeen | undefined;
  const watched = (digest: string) => ({ clock, attempt, digest, status });
  return {
    extra_ms: config.keys.seal === 'file' ? 0 : UNSEAL_LIMIT_MS,
    missing: async (packages) => (await runningHere(config)).missing(packages),
    async prepare() {
      // What runs may be past answering.
      if (order.kind === 'emergency') return;
      const api = operatorApi(layout);
      try {
        await serves(api, from.version);
        before = await seeLedger(api);
      } finally {
        api.close();
      }
    },
    serving: (digest) => untilServing(watched(digest)),
    hold: (digest) =>
      hold({
        ...watched(digest),
        version: order.version,
        object: order.kind === 'apply' ? order.object : undefined,
        before,
        api: () => operatorApi(layout),
      }),
  };
}

/**
 * Has the process run that serves objects: asks for it where the supervisor offers it, answers it over that connection, and asks again when it ends. It is wanted from the first
 * bucket until there is none any more, for as long as this process leads.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { unavailable } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { EngineState, ObjectsEngine } from '../engine.ts';
import { Channel } from './channel.ts';
import type { GateAsks, GateCalls, GateCertificate, GateNews } from './protocol.ts';
import { type GateParts, regionGate } from './region.ts';

const RESTART_MIN_MS = 250;
const RESTART_MAX_MS = 30_000;
const RETRY_S = 2;
/** Certificates last a week. */
const CERTIFICATE_EVERY_MS = 24 * 60 * 60_000;
const CERTIFICATE_RETRY_MS = 60_000;

/** What leads to a process that was just started, and from it. */
export interface Conversation {
  readonly input: Readable;
  readonly output: Writable;
}

/** Throws when none can be started now. */
export type StartObjects = () => Promise<Conversation>;

export interface ObjectsProcessOptions extends GateParts {
  readonly start: StartObjects;
  readonly certificate: () => Promise<GateCertificate>;
  readonly logger: Logger;
}

type RegionEnd = Channel<GateCalls, GateAsks, never, GateNews>;

/** At the supervisor's socket. */
export const startedAt =
  (socket: string): StartObjects =>
  async () => {
    const connection = connect(socket);
    await once(connection, 'connect');
    return { input: connection, output: connection };
  };

export class ObjectsProcess implements ObjectsEngine {
  readonly #options: ObjectsProcessOptions;
  #isWanted = false;
  #wanted = 0;
  #hasEnded = false;
  /** It was told to end, and has not yet. */
  #isResting = false;
  #channel: RegionEnd | undefined;
  #state: EngineState = { serves: false, why: 'it is being started' };
  /** Why the last one could not serve, as it said or as we know. */
  #problem: string | undefined;
  #restart_ms = RESTART_MIN_MS;
  #cancelRestart: (() => void) | undefined;

  constructor(options: ObjectsProcessOptions) {
    this.#options = options;
  }

  async want(): Promise<EngineState> {
    this.#wanted++;
    if (!this.#isWanted && !this.#hasEnded) {
      this.#isWanted = true;
      if (!this.#isResting) void this.#run();
    }
    return this.#state;
  }

  async close(realm: RealmId, uid: string): Promise<number> {
    return this.#count(realm, uid, true);
  }

  async erase(realm: RealmId, uid: string): Promise<void> {
    await this.#serving().ask('erase', { realm, uid });
  }

  end(): void {
    this.#hasEnded = true;
    this.#isWanted = false;
    this.#cancelRestart?.();
    this.#channel?.close('the region is stopping');
    this.#options.usage.close();
  }

  async #count(realm: RealmId, uid: string, final: boolean): Promise<number> {
    return (await this.#serving().ask('close', { realm, uid, final })).objects;
  }

  #serving(): RegionEnd {
    const channel = this.#channel;
    if (channel?.isOpen === true && this.#state.serves) return channel;
    throw unavailable(
      `objects are not served at the moment${this.#state.serves ? '' : `: ${this.#state.why}`}`,
      RETRY_S,
    );
  }

  async #run(): Promise<void> {
    const { start, logger } = this.#options;
    let why: string;
    try {
      why = await this.#converse(await start());
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    this.#channel = undefined;
    if (this.#hasEnded) return;
    if (this.#isResting) {
      this.#isResting = false;
      logger.info({}, 'what serves objects has ended: there is no bucket');
      // Somebody came meanwhile.
      if (this.#isWanted) void this.#run();
      return;
    }
    this.#state = { serves: false, why: this.#problem ?? `it ended (${why}), and is started again` };
    logger.warn({ why }, 'what serves objects has ended; it is started again');
    this.#cancelRestart = this.#options.clock.after(this.#restart_ms, () => void this.#run());
    this.#restart_ms = Math.min(RESTART_MAX_MS, 2 * this.#restart_ms);
  }

  /** Until it ends; gives why. */
  async #converse({ input, output }: Conversation): Promise<string> {
    const gate = regionGate({
      ...this.#options,
      beginning: async () => {
        this.#problem = undefined;
        return this.#options.beginning().catch((error: unknown) => {
          this.#problem = error instanceof Error ? error.message : String(error);
          throw error;
        });
      },
      onServes: (problem) => {
        this.#problem = problem;
        this.#state = problem === undefined ? { serves: true } : { serves: false, why: problem };
        if (problem === undefined) this.#restart_ms = RESTART_MIN_MS;
        else this.#options.logger.error({ problem }, 'objects cannot be served');
      },
      count: (realm, uid) => this.#count(realm, uid, false),
      wanted: () => this.#wanted,
      onRest: (wanted) => {
        if (this.#hasEnded || wanted !== this.#wanted) return false;
        this.#isWanted = false;
        this.#isResting = true;
        this.#state = { serves: false, why: 'it is being started' };
        // After the answer.
        setImmediate(() => channel.close('there is no bucket'));
        return true;
      },
      onChanged: (realm) => channel.tell({ news: 'changed', realm }),
    });
    const channel: RegionEnd = new Channel({
      input,
      output,
      handlers: gate.handlers,
      clock: this.#options.clock,
    });
    this.#channel = channel;
    if (this.#hasEnded) channel.close('the region is stopping');
    const stopRenewing = this.#renew(channel, CERTIFICATE_EVERY_MS);
    try {
      return await channel.ended;
    } finally {
      stopRenewing();
      gate.close();
    }
  }

  /** Until the returned function is called. */
  #renew(channel: RegionEnd, after_ms: number): () => void {
    const { clock, certificate, logger } = this.#options;
    let cancel = () => {};
    const schedule = (delay_ms: number) => {
      cancel = clock.after(delay_ms, () => {
        certificate().then(
          (made) => {
            channel.tell({ news: 'certificate', ...made });
            if (channel.isOpen) schedule(after_ms);
          },
          (error: unknown) => {
            logger.error({ error: String(error) }, 'the certificate of objects could not be renewed');
            if (channel.isOpen) schedule(CERTIFICATE_RETRY_MS);
          },
        );
      });
    };
    schedule(after_ms);
    return () => cancel();
  }
}

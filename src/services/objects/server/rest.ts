/**
 * Ends the process that serves objects once there is no bucket any more, anywhere: asks the region, some time after the last one went and after the last request, since who
 * removes a bucket with the S3 protocol may be about to make another. The next bucket starts it again. Whether it ends is the region's to say; it closes the gate then.
 */
import type { Clock } from '#kernel/clock.ts';
import type { GateClient } from '../gate/client.ts';
import type { MetadataStore } from '../metadata/store.ts';

export const QUIET_MS = 10 * 60_000;

export interface RestOptions {
  readonly gate: () => Pick<GateClient, 'ask'>;
  /** Of what was removed, room may be left to give back. */
  readonly metadata: () => Promise<Pick<MetadataStore, 'freed'>>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly onFault: (error: unknown) => void;
}

export class Rest {
  readonly #options: RestOptions;
  #last_ms: number;
  #cancel: (() => void) | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#last_ms = options.clock.now();
  }

  /** Somebody asks for something. */
  request(): void {
    this.#last_ms = this.#options.clock.now();
  }

  /** A bucket may have been the last one. */
  look(): void {
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(QUIET_MS, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const { gate, metadata, clock, onFault } = this.#options;
    this.#cancel = undefined;
    try {
      const isQuiet = clock.now() - this.#last_ms >= QUIET_MS;
      if (!isQuiet || (await (await metadata()).freed(1)).length > 0) this.look();
      // Where there is a bucket, its own end is when it is looked at again.
      else await gate().ask('rest', {});
    } catch (error) {
      onFault(error);
      this.look();
    }
  }
}

/** Puts accesses on record: in batches, and an answer waits for its own. What cannot be put on record is not answered as done. */
import type { GateClient } from '../gate/client.ts';
import { type GateAccessRecord, RECORDS_MAX } from '../gate/protocol.ts';

/** Records that wait; more are refused. */
const WAITING_MAX = 10_000;
/** Batches on their way; while one is, another follows only once so many wait, as a batch of few costs nearly as much as one of many. */
const IN_FLIGHT_MAX = 4;
const FOLLOWING_MIN = 32;

interface Waiting {
  readonly record: GateAccessRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Recorder {
  readonly #gate: () => GateClient;
  readonly #onRecorded: (record: GateAccessRecord) => void;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #isPlanned = false;

  /** `onRecorded`: hears of each once it is durable. */
  constructor(gate: () => GateClient, onRecorded: (record: GateAccessRecord) => void = () => {}) {
    this.#gate = gate;
    this.#onRecorded = onRecorded;
  }

  /** Resolves once it is durable in the realm's log. */
  record(record: GateAccessRecord): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(new Error(`${WAITING_MAX} accesses wait to be put on record`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      if (this.#isPlanned) return;
      this.#isPlanned = true;
      setImmediate(() => {
        this.#isPlanned = false;
        this.#send();
      });
    });
  }

  #send(): void {
    while (
      this.#waiting.length > 0 &&
      (this.#inFlight === 0 || (this.#inFlight < IN_FLIGHT_MAX && this.#waiting.length >= FOLLOWING_MIN))
    ) {
      const batch = this.#waiting.splice(0, RECORDS_MAX);
      this.#inFlight += 1;
      this.#gate()
        .ask('record', { records: batch.map(({ record }) => record) })
        .then(
          () => {
            for (const { record, resolve } of batch) {
              resolve();
              this.#onRecorded(record);
            }
          },
          (error: unknown) => {
            for (const { reject } of batch) reject(error);
          },
        )
        .finally(() => {
          this.#inFlight -= 1;
          this.#send();
        });
    }
  }
}

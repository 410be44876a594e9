/**
 * A large body in pieces of some size. TLS gives it in records of at most 16 KiB, and what is done with a piece costs much the same whatever its size: so records are put together as they come,
 * into two buffers by turns, and give their own memory back.
 */
import type { IncomingMessage } from 'node:http';
import { release } from '../memory.ts';

/** Two of them are held for each upload. */
export const PIECE_BYTES = 131_072;

/** Once. A piece is as it was until the one after the next is asked for. Throws when the client goes away before it has sent all. */
export async function* incomingPieces(incoming: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  const records = new Records(incoming);
  let [filling, other] = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
  try {
    for (;;) {
      const length = await records.into(filling);
      if (length > 0) yield filling.subarray(0, length);
      if (length < filling.length) return;
      [filling, other] = [other, filling];
    }
  } finally {
    records.leave();
  }
}

/** Records of a body. It stands still from the first one on that nobody waits for: as a rule whoever reads asks again before it comes, and standing still and going on costs as much as the record. */
class Records {
  readonly #incoming: IncomingMessage;
  #wanted: { readonly buffer: Buffer; resolve(length: number): void; reject(error: Error): void } | undefined;
  /** What there is of it already. */
  #length = 0;
  /** The one that is used up next, from there on. */
  #record: Uint8Array | undefined;
  #at = 0;
  #fault: Error | undefined;
  #isStill = true;
  readonly #onRecord = (record: Uint8Array) => {
    this.#record = record;
    this.#at = 0;
    this.#move();
    if (this.#record === undefined) return;
    this.#isStill = true;
    this.#incoming.pause();
  };
  readonly #onEnd = () => this.#finish();
  /** It closes also once all of it has come, perhaps long before anybody asks for more. */
  readonly #onClose = () => {
    if (!this.#incoming.readableEnded) this.#fail(new Error('the client went away'));
  };

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    incoming.pause();
    // An error that comes late is nobody's, and no reason to end the process.
    incoming.once('error', (error) => this.#fail(error));
    incoming.on('data', this.#onRecord).once('end', this.#onEnd).once('close', this.#onClose);
    if (incoming.destroyed && !incoming.readableEnded) this.#onClose();
  }

  /** Fills the buffer; gives how much came, which is less only where that is all. */
  into(buffer: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#wanted = { buffer, resolve, reject };
      this.#length = 0;
      if (this.#record !== undefined) this.#move();
      if (this.#wanted === undefined) return;
      if (this.#fault !== undefined) this.#fail(this.#fault);
      else if (this.#incoming.readableEnded) this.#finish();
      else if (this.#isStill) this.#goOn();
    });
  }

  #goOn(): void {
    this.#isStill = false;
    this.#incoming.resume();
  }

  leave(): void {
    this.#incoming.off('data', this.#onRecord).off('end', this.#onEnd).off('close', this.#onClose);
  }

  #move(): void {
    const [record, wanted] = [this.#record, this.#wanted];
    if (record === undefined || wanted === undefined) return;
    const part = record.subarray(this.#at, this.#at + wanted.buffer.length - this.#length);
    wanted.buffer.set(part, this.#length);
    this.#length += part.length;
    this.#at += part.length;
    if (this.#at === record.length) {
      this.#record = undefined;
      release(record);
    }
    if (this.#length === wanted.buffer.length) this.#finish();
  }

  #finish(): void {
    this.#wanted?.resolve(this.#length);
    this.#wanted = undefined;
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    this.#wanted?.reject(this.#fault);
    this.#wanted = undefined;
  }
}

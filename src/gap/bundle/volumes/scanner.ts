/** Finds frames in any stream of bytes: after garbage, after a frame that was cut, out of step. Its memory does not grow, and its work is bounded by what came. */
import { BundleError } from '../problem.ts';
import { FRAME_BYTES, type Frame, MAGIC, readFrame, type VolumeSet } from './frame.ts';
import { VAIN_PER_FRAME_MAX, VAIN_SLACK } from './limits.ts';

const WINDOW_BYTES = 64 * FRAME_BYTES;

export class FrameScanner {
  readonly #part: string;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #start = 0;
  #end = 0;
  #seen_bytes = 0;
  #good = 0;
  #vain = 0;
  #set: VolumeSet | undefined;

  /** `part`: what a refusal names. */
  constructor(part: string) {
    this.#part = part;
  }

  /** Bytes that were no part of a good frame, so far. */
  get skipped_bytes(): number {
    return this.#seen_bytes - (this.#end - this.#start) - this.#good * FRAME_BYTES;
  }

  /** Where the frame that was given last begins, counted from the first byte. */
  get frameStart(): number {
    return this.#seen_bytes - (this.#end - this.#start) - FRAME_BYTES;
  }

  /** The good frames that are whole now. Each is a view that lasts until the next one is asked for. Throws BundleError when somebody made up work. */
  *push(chunk: Buffer): Generator<Frame> {
    for (let taken = 0; taken < chunk.length; ) {
      const count = chunk.copy(this.#window, this.#end, taken);
      taken += count;
      this.#end += count;
      this.#seen_bytes += count;
      yield* this.#frames();
      this.#window.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
  }

  *#frames(): Generator<Frame> {
    while (this.#find()) {
      const frame = readFrame(this.#window.subarray(this.#start, this.#end), this.#set);
      if (frame === undefined) {
        this.#countVain();
        this.#start += 1;
        continue;
      }
      this.#set = frame.set;
      this.#good += 1;
      this.#start += FRAME_BYTES;
      yield frame;
    }
  }

  /** Goes to the next place where a frame may begin; false when more bytes are needed. */
  #find(): boolean {
    const found = this.#window.subarray(this.#start, this.#end).indexOf(MAGIC);
    // The last bytes may be the beginning of one.
    this.#start = found < 0 ? Math.max(this.#start, this.#end - MAGIC.length + 1) : this.#start + found;
    return found >= 0 && this.#end - this.#start >= FRAME_BYTES;
  }

  #countVain(): void {
    this.#vain += 1;
    if (this.#vain <= VAIN_SLACK + VAIN_PER_FRAME_MAX * Math.ceil(this.#seen_bytes / FRAME_BYTES)) return;
    throw new BundleError(
      'TooLarge',
      this.#part,
      `has more beginnings of blocks (${this.#vain} wrong ones) than there is room for blocks: somebody made this up`,
    );
  }
}

/**
 * Bytes of a text to characters for the scanner, as they arrive: UTF-8 and 8-bit codes byte by byte, UTF-16 unit by unit. Finds out when it is no text after all.
 */
import { isAscii } from 'node:buffer';
import type { TextForm } from './content-type.ts';
import { controlIn } from './content-type.ts';

/** Of a text that is not UTF-8, bytes beyond ASCII; more of them is no text that is known here. */
const HIGH_SHARE_MAX = 0.3;

export class TextReader {
  readonly #form: TextForm;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  #isUtf8: boolean;
  #mark: number;
  #odd: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #high = 0;
  #problem: string | undefined;

  constructor(form: TextForm) {
    this.#form = form;
    this.#isUtf8 = form.encoding === 'utf-8';
    this.#mark = form.mark;
  }

  /** Why it is no text, as far as it was read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  read(chunk: Buffer): string {
    const skipped = Math.min(this.#mark, chunk.length);
    this.#mark -= skipped;
    const bytes = chunk.subarray(skipped);
    const text = this.#form.encoding.startsWith('utf-16') ? this.#wide(bytes) : this.#narrow(bytes);
    if (this.#problem === undefined) {
      const at = controlIn(text);
      if (at >= 0) {
        const code = text.charCodeAt(at).toString(16).padStart(2, '0');
        this.#problem = `no text has the character 0x${code} at byte ${this.#bytes + this.#form.mark + at * this.stride}`;
      }
    }
    this.#bytes += text.length * this.stride;
    return text;
  }

  end(): void {
    if (this.#problem !== undefined) return;
    if (this.#odd.length > 0) this.#problem = 'it is UTF-16 with half a character at its end';
    if (this.#isUtf8) this.#checkUtf8(Buffer.alloc(0), false);
    const isNarrow = !this.#form.encoding.startsWith('utf-16');
    if (isNarrow && !this.#isUtf8 && this.#high > HIGH_SHARE_MAX * this.#bytes) {
      this.#problem =
        'it is not UTF-8, and has more characters beyond ASCII than a text of an 8-bit code; make it UTF-8';
    }
  }

  get stride(): 1 | 2 {
    return this.#form.encoding.startsWith('utf-16') ? 2 : 1;
  }

  #narrow(bytes: Buffer): string {
    this.#checkUtf8(bytes, true);
    if (!isAscii(bytes)) for (const byte of bytes) if (byte >= 0x80) this.#high += 1;
    return bytes.toString('latin1');
  }

  #checkUtf8(bytes: Buffer, stream: boolean): void {
    if (!this.#isUtf8) return;
    try {
      this.#utf8.decode(bytes, { stream });
    } catch {
      this.#isUtf8 = false;
    }
  }

  #wide(bytes: Buffer): string {
    const whole = this.#odd.length === 0 ? bytes : Buffer.concat([this.#odd, bytes]);
    const even = whole.length & ~1;
    this.#odd = Buffer.from(whole.subarray(even));
    const units = Buffer.from(whole.subarray(0, even));
    if (this.#form.encoding === 'utf-16be') units.swap16();
    return units.toString('utf16le');
  }
}

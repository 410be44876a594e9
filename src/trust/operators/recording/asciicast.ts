/** asciicast v2, as the asciinema project documents it: a header line, then `[seconds, code, text]` lines. Pure. */
import { StringDecoder } from 'node:string_decoder';
import type { TerminalSize } from '#kernel/connect.ts';

/** Until the client says otherwise. */
const FIRST_SIZE: TerminalSize = { width: 80, height: 24 };

export interface CastHeader {
  /** When it begins: milliseconds since the Unix epoch. */
  readonly at_ms: number;
  readonly title: string;
  readonly command: string;
}

/** The lines of one recording. What arrives in the middle of a character waits for the rest of it. */
export class Asciicast {
  readonly #start_ms: number;
  #last_s = 0;
  readonly #decoders = {
    i: new StringDecoder('utf8'),
    o: new StringDecoder('utf8'),
    e: new StringDecoder('utf8'),
  };

  constructor(start_ms: number) {
    this.#start_ms = start_ms;
  }

  static header({ at_ms, title, command }: CastHeader): string {
    const { width, height } = FIRST_SIZE;
    return `${JSON.stringify({ version: 2, width, height, timestamp: Math.floor(at_ms / 1000), title, command, env: { TERM: 'xterm-256color' } })}\n`;
  }

  input(chunk: Uint8Array, now_ms: number): string {
    return this.#text('i', this.#decoders.i.write(Buffer.from(chunk)), now_ms);
  }

  output(chunk: Uint8Array, now_ms: number): string {
    return this.#text('o', this.#decoders.o.write(Buffer.from(chunk)), now_ms);
  }

  /** Of a command without a terminal; players know one output only. */
  errors(chunk: Uint8Array, now_ms: number): string {
    return this.#text('o', this.#decoders.e.write(Buffer.from(chunk)), now_ms);
  }

  resized({ width, height }: TerminalSize, now_ms: number): string {
    return this.#line('r', `${width}x${height}`, now_ms);
  }

  /** What of a character came and no more. */
  end(now_ms: number): string {
    const { i, o, e } = this.#decoders;
    return this.#text('i', i.end(), now_ms) + this.#text('o', o.end() + e.end(), now_ms);
  }

  #text(code: 'i' | 'o', text: string, now_ms: number): string {
    return text === '' ? '' : this.#line(code, text, now_ms);
  }

  /** Times never go back, whatever a clock does. */
  #line(code: 'i' | 'o' | 'r', text: string, now_ms: number): string {
    this.#last_s = Math.max(this.#last_s, (now_ms - this.#start_ms) / 1000);
    return `[${this.#last_s.toFixed(3)}, "${code}", ${JSON.stringify(text)}]\n`;
  }
}

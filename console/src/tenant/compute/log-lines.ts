/** The last lines of a text that never ends: cleaned of what would move a cursor, and bounded in lines and in their length. Pure. */

export const LINES_MAX = 5_000;
/** Of one line; the rest of it is left out. */
export const LINE_CHARACTERS_MAX = 4_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A line as text alone: colours and the like are taken away, and what else does not show becomes a sign that does. */
export const cleanLine = (line: string): string =>
  line.slice(0, LINE_CHARACTERS_MAX).replace(SEQUENCE, '').replace(/\r$/, '').replace(CONTROL, '\ufffd');

export class LogLines {
  #lines: string[] = [];
  #rest = '';

  add(text: string): void {
    const pieces = (this.#rest + text).split('\n');
    // A line that does not end is kept no longer than it would be shown.
    this.#rest = (pieces.pop() ?? '').slice(0, LINE_CHARACTERS_MAX);
    for (const piece of pieces.slice(-LINES_MAX)) this.#lines.push(cleanLine(piece));
    if (this.#lines.length > LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
  }

  /** All that is kept, the unfinished last line too. */
  text(): string {
    return [...this.#lines, ...(this.#rest === '' ? [] : [cleanLine(this.#rest)])].join('\n');
  }
}

/**
 * `multipart/form-data` as browsers send it (RFC 7578), for uploads by forms: fields first, then the file, whose bytes are given on as they come. What follows the file
 * (a submit button) is ignored, as S3 does.
 */
import { S3Error } from '../errors.ts';

/** Of all that is before the file, and again of what is behind it (S3 API reference, POST Object). */
export const FORM_FIELDS_BYTES_MAX = 20_000;
export const FORM_FIELDS_MAX = 64;

export interface Form {
  /** By names in lower case; each character is one byte, as it came. */
  readonly fields: ReadonlyMap<string, string>;
  /** Without folders. */
  readonly fileName: string;
  /** Once. */
  readonly file: AsyncIterable<Uint8Array>;
}

const NAME = /(?:^|;)\s*name="([^"]*)"/i;
const FILE_NAME = /(?:^|;)\s*filename="([^"]*)"/i;
const DISPOSITION = /^content-disposition:\s*form-data\s*(;.*)$/im;

/** Resolves where the file begins. Throws MalformedPOSTRequest and its like. */
export async function readForm(source: AsyncIterable<Uint8Array>, boundary: string): Promise<Form> {
  const reader = new FormReader(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  await reader.until(delimiter.subarray(2));
  const fields = new Map<string, string>();
  while ((await reader.until(LINE_END)).length === 0) {
    const [, disposition = ''] = DISPOSITION.exec((await reader.until(HEADERS_END)).toString('latin1')) ?? [];
    const name = NAME.exec(disposition)?.[1]?.toLowerCase();
    if (name === undefined)
      throw new S3Error('MalformedPOSTRequest', 'each part has Content-Disposition: form-data with a name');
    if (name === 'file') return { fields, fileName: fileNameOf(disposition), file: reader.rest(delimiter) };
    const value = (await reader.until(delimiter)).toString('latin1');
    if (fields.has(name)) throw new S3Error('InvalidArgument', `the form has the field ${name} twice`);
    if (fields.size === FORM_FIELDS_MAX)
      throw new S3Error('InvalidArgument', `a form has at most ${FORM_FIELDS_MAX} fields`);
    fields.set(name, value);
  }
  throw new S3Error('IncorrectNumberOfFilesInPostRequest');
}

const LINE_END = Buffer.from('\r\n');
const HEADERS_END = Buffer.from('\r\n\r\n');

/** Browsers percent-encode quotes and line ends in it, and nothing else. */
function fileNameOf(disposition: string): string {
  const name = (FILE_NAME.exec(disposition)?.[1] ?? '')
    .replaceAll('%22', '"')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n');
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

class FormReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** What is before a mark, which is taken as well. */
  async until(mark: Buffer): Promise<Buffer> {
    let at = this.#buffer.indexOf(mark);
    while (at < 0) {
      this.#bound(this.#buffer.length);
      if (!(await this.#more())) throw new S3Error('MalformedPOSTRequest', 'the form ends before its file');
      at = this.#buffer.indexOf(mark);
    }
    this.#bound(at + mark.length);
    this.#taken += at + mark.length;
    const found = this.#buffer.subarray(0, at);
    this.#buffer = this.#buffer.subarray(at + mark.length);
    return found;
  }

  /** What is before the delimiter, as it comes; then reads to the end. */
  async *rest(delimiter: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
    let at = this.#buffer.indexOf(delimiter);
    while (at < 0) {
      // The delimiter may have begun.
      const sure = Math.max(0, this.#buffer.length - delimiter.length + 1);
      if (sure > 0) yield this.#buffer.subarray(0, sure);
      this.#buffer = this.#buffer.subarray(sure);
      if (!(await this.#more())) throw new S3Error('IncompleteBody', 'the form ended within its file');
      at = this.#buffer.indexOf(delimiter);
    }
    if (at > 0) yield this.#buffer.subarray(0, at);
    this.#taken = this.#buffer.length - at;
    do {
      this.#bound(0);
      this.#buffer = Buffer.alloc(0);
    } while (await this.#more((length) => (this.#taken += length)));
  }

  #bound(more: number): void {
    if (this.#taken + more > FORM_FIELDS_BYTES_MAX) throw new S3Error('MaxPostPreDataLengthExceeded');
  }

  async #more(count?: (length: number) => void): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    count?.(value.length);
    this.#buffer = Buffer.concat([this.#buffer, value]);
    return true;
  }
}

/** The files of the console as they were built: `console/dist` of this program. Pure but for reading that folder, which may be built anew meanwhile. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notFound } from '#kernel/errors.ts';

/** Files of a console; a build has some hundred. */
const FILES_MAX = 16_384;
/** How a file can be packed, best first: what browsers call it, and what it is called beside the file. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

export interface ConsoleFile {
  readonly contentType: string;
  readonly bytes: Buffer;
  /** `Content-Encoding`, where it is packed. */
  readonly encoding: string | undefined;
}

export class ConsoleFiles {
  readonly #folder: string;
  #names: ReadonlySet<string> = new Set();
  /** Of the folder's assets when they were listed. */
  #listed_ms = Number.NaN;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined where there is none of that name: a name is compared, and never becomes a path by itself. Throws NotFound where nothing was built. */
  async read(name: string, accepted: string): Promise<ConsoleFile | undefined> {
    const contentType = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (contentType === undefined || !this.#has(name)) return undefined;
    const words = accepted.split(',').map((word) => word.trim());
    const [encoding, ending = ''] =
      ENCODINGS.find(([word, suffix]) => words.includes(word) && this.#has(`${name}${suffix}`)) ?? [];
    return { contentType, encoding, bytes: await readFile(join(this.#folder, `${name}${ending}`)) };
  }

  /** A page, told where it stands: what it asks for is below that. Throws NotFound, with what to do, where the console was not built. */
  page(name: string, base: string): Buffer {
    const html = built(() => readFileSync(join(this.#folder, name), 'utf8'));
    return Buffer.from(html.replace(/<base href="\/" ?\/?>/, `<base href="${base}">`));
  }

  #has(name: string): boolean {
    const { mtimeMs } = built(() => statSync(join(this.#folder, 'assets')));
    if (mtimeMs !== this.#listed_ms) {
      const names = readdirSync(this.#folder, { recursive: true, encoding: 'utf8' });
      if (names.length > FILES_MAX) throw new TypeError(`${this.#folder} has more than ${FILES_MAX} files`);
      this.#names = new Set(names);
      this.#listed_ms = mtimeMs;
    }
    return this.#names.has(name);
  }
}

function built<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const what = 'console: it was not built; run casemate --version once in the program’s folder';
    throw notFound({ kind: 'page', name: what });
  }
}

/** A compressed file in memory, written piece by piece. */
import { createGzip, type Gzip } from 'node:zlib';

export class GzipFile {
  readonly #gzip: Gzip = createGzip();
  readonly #chunks: Buffer[] = [];
  /** What is compressed by now, in bytes; some more is on its way. */
  size = 0;
  isEmpty = true;

  constructor() {
    this.#gzip.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.size += chunk.length;
    });
  }

  /** Resolves once it is compressed. */
  write(text: string): Promise<void> {
    this.isEmpty = false;
    return new Promise((resolve, reject) => {
      this.#gzip.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  end(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#gzip.once('error', reject);
      this.#gzip.once('end', () => resolve(Buffer.concat(this.#chunks)));
      this.#gzip.end();
    });
  }

  destroy(): void {
    this.#gzip.destroy();
  }
}

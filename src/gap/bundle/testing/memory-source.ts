/** A bundle source in memory, for what reads one: entries by name, in pieces of any size. */
import { BundleError } from '../problem.ts';
import type { BundleSource } from '../source.ts';

export function memorySource(blobs: ReadonlyMap<string, Buffer>, piece_bytes: number): BundleSource {
  return {
    form: 'folder',
    entries: new Map([...blobs].map(([name, { length: size }]) => [name, { name, size }])),
    async read(name, _bytes_max, part) {
      const bytes = blobs.get(name);
      if (bytes === undefined) throw new BundleError('Missing', part, 'is not in the bundle');
      return bytes;
    },
    async *pieces(name, _part, start = 0) {
      const bytes = blobs.get(name) ?? Buffer.alloc(0);
      for (let at = start; at < bytes.length; at += piece_bytes) yield bytes.subarray(at, at + piece_bytes);
    },
    close: async () => {},
  };
}

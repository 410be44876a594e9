/** A process that receives a bundle and is killed in the middle: `BUNDLE FOLDER ROOT LOG PIECE`. It writes a line for each piece that it reads from the medium. */
import { appendFileSync } from 'node:fs';
import { NO_BASES } from '../../bundle/delta/bases.ts';
import type { BundleSource } from '../../bundle/source.ts';
import { openBundle } from '../../bundle/source.ts';
import { NOW_ms } from '../../bundle/testing/bundle-world.ts';
import { readRootFile } from '../../bundle/tuf/root-folder.ts';
import { OwnArea } from '../area.ts';
import { receive } from '../receive.ts';

const [bundle = '', folder = '', root = '', log = '', killAt = '0'] = process.argv.slice(2);

function counted(source: BundleSource): BundleSource {
  let count = 0;
  return {
    ...source,
    async *pieces(name, part, start) {
      for await (const piece of source.pieces(name, part, start)) {
        appendFileSync(log, `${name}\n`);
        count += 1;
        // Half a piece is what is on the disk when the machine dies: the test cuts it there.
        yield piece;
        if (count === Number(killAt)) process.kill(process.pid, 'SIGKILL');
      }
    },
  };
}

const area = new OwnArea(folder, () => `${folder}/nowhere`);
await area.begin();
await receive(counted(await openBundle(bundle)), folder, {
  trust: { root: await readRootFile(root), accepted: new Map() },
  clock_ms: NOW_ms,
  policy: { expired: 'refuse' },
  area,
  bases: NO_BASES,
  progress: async () => {},
  signal: new AbortController().signal,
});

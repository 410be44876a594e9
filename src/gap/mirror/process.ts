/**
 * The mirror's own process: what instances send is read here, and not where the region's keys are. It runs as the region's account under Node's permission model (see
 * `child.ts`): it can read the program and published content, write nothing, and start nothing. It ends when the region process does.
 */
import { systemClock } from '#kernel/clock.ts';
import type { FromMirror, ToMirror } from './child.ts';
import { MIRROR_PORT } from './limits.ts';
import { Listeners } from './listeners.ts';
import { mirrorServer } from './serve.ts';
import { EMPTY_TREE, mirrorFolders, readTree } from './tree.ts';

const tell = (message: FromMirror) => void process.send?.(message);

const folders = mirrorFolders(process.argv[2] ?? '');
const port = Number(process.argv[3] ?? MIRROR_PORT);
let tree = EMPTY_TREE;

const listeners = new Listeners({
  make: () => mirrorServer({ folders, tree: () => tree, onFault: (fault) => tell({ fault }) }),
  port,
  clock: systemClock,
  onProblem: (address, code) => tell({ fault: `cannot listen on ${address}: ${code}` }),
  onChange: (serving) => tell({ serving }),
});

async function load(): Promise<void> {
  try {
    tree = (await readTree(folders.tree)) ?? EMPTY_TREE;
  } catch (error) {
    tell({ fault: `what is served stays as it was: ${error instanceof Error ? error.message : error}` });
  }
}

let last = Promise.resolve();
process.on('message', ({ addresses }: ToMirror) => {
  last = last.then(async () => {
    await load();
    listeners.want(addresses);
  });
});
process.once('disconnect', () => process.exit(0));
tell({ serving: [] });

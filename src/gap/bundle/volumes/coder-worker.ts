/** The thread's end of `coder.ts`: encodes and decodes groups until its parent ends it. */
import { parentPort } from 'node:worker_threads';
import type { Answer, Question } from './coder.ts';
import { repairBlocks, sourceBlocks } from './fountain.ts';

parentPort?.on('message', ({ id, task }: Question) => {
  const blocks =
    task.name === 'repair'
      ? repairBlocks(task.source, task.repair)
      : sourceBlocks(task.own, task.symbols, task.blocks);
  const answer: Answer = blocks === undefined ? { id } : { id, blocks };
  parentPort?.postMessage(answer, blocks === undefined ? [] : [blocks.buffer]);
});

/**
 * Begins what people agreed to: `node starter.ts DATA`, started by the supervisor, as the machine's owner, for each connection to a socket that the region can reach. Whoever asks
 * says only which Release; what was agreed to is read here, one upgrade at a time is the lock's to see to, and who signed it is for `drive.ts` to find out. So the most that a
 * region which is no longer itself gains is the moment. Says how ended what nobody drives any more, too.
 */

import { lines } from '#gap/confined/lines.ts';
import { readCurrent, readJournal } from '#gap/release/journal.ts';
import { type Answer, LINE_BYTES_MAX, type Question, questionProblems } from '#gap/release/starter.ts';
import { wakefulClock } from '../clock.ts';
import { type Layout, layoutOf } from '../layout.ts';
import { agreedOrder } from './agreed.ts';
import { operatorApi } from './api.ts';
import { settleUpgrades, startUpgrade } from './launch.ts';

const MESSAGE_MAX = 2_000;

async function read(): Promise<Question> {
  for await (const line of lines(process.stdin, LINE_BYTES_MAX)) {
    const question: unknown = JSON.parse(line);
    const [problem] = questionProblems(question);
    if (problem !== undefined) throw new Error(`${problem.field}: ${problem.message}`);
    return question as Question;
  }
  throw new Error('nothing was asked');
}

async function begin(layout: Layout): Promise<void> {
  const { release } = await read();
  await settleUpgrades(layout, wakefulClock);
  const [entries, current] = await Promise.all([readJournal(layout.releases), readCurrent(layout.releases)]);
  const api = operatorApi(layout);
  const order = await agreedOrder(api, release, { entries, current }).finally(() => api.close());
  if (order === undefined) return;
  // It goes on by itself: one step on disk says that it does.
  for await (const _ of startUpgrade(layout, order, wakefulClock)) return;
}

const data = process.argv[2];
if (data === undefined) throw new TypeError('usage: starter.ts DATA');
const answer: Answer = await begin(layoutOf(data)).then(
  () => ({ type: 'done' }),
  (error: unknown) => ({
    type: 'failed',
    message: (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_MAX),
  }),
);
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));

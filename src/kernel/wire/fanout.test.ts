import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fanout, type Receiver } from './fanout.ts';
import { FANOUT_TURN_MAX } from './limits.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A receiver that writes its name down when it is served. */
const receiver = (name: string, served: string[], then = () => {}): Receiver => ({
  asked: false,
  deliver() {
    served.push(name);
    then();
  },
});

test('nobody is served in the turn that asked, and everybody in the next, once and in order', async () => {
  const fanout = new Fanout();
  const served: string[] = [];
  const [a, b] = [receiver('a', served), receiver('b', served)];
  for (const one of [a, b, a]) fanout.ask(one);
  assert.deepEqual(served, []);
  await turn();
  assert.deepEqual(served, ['a', 'b']);
  fanout.ask(a);
  await turn();
  assert.deepEqual(served, ['a', 'b', 'a'], 'and again when there is something again');
});

test('whoever asks while being served comes after everybody else', async () => {
  const fanout = new Fanout();
  const served: string[] = [];
  let again = true;
  const greedy: Receiver = receiver('greedy', served, () => {
    if (again) fanout.ask(greedy);
    again = false;
  });
  fanout.ask(greedy);
  fanout.ask(receiver('other', served));
  await turn();
  assert.deepEqual(served, ['greedy', 'other']);
  await turn();
  assert.deepEqual(served, ['greedy', 'other', 'greedy']);
});

test('a turn serves a bounded number, and lets others of the event loop in before the next', async () => {
  const fanout = new Fanout();
  const served: string[] = [];
  for (let n = 0; n < 2 * FANOUT_TURN_MAX + 1; n++) fanout.ask(receiver(`${n}`, served));
  const counts: number[] = [];
  while (served.length < 2 * FANOUT_TURN_MAX + 1) {
    await turn();
    counts.push(served.length);
  }
  assert.deepEqual(counts, [FANOUT_TURN_MAX, 2 * FANOUT_TURN_MAX, 2 * FANOUT_TURN_MAX + 1]);
});

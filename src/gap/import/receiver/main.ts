/**
 * The receiver: a process that does one job and ends, started for it by the supervisor as an account of its own, without network, keys or sockets. It is the only one that
 * reads what nobody has verified. A line of JSON comes in, lines go out (`protocol.ts`).
 */
import { MissingBasesError } from '../../bundle/delta/needs.ts';
import { valueChecker } from '../../bundle/json.ts';
import { BundleError } from '../../bundle/problem.ts';
import { lines } from '../../confined/lines.ts';
import { NoSpaceError } from '../receive.ts';
import { ownReceiver, type ReceiveParts } from './jobs.ts';
import { Answer, Job, LINE_BYTES_MAX, type Said } from './protocol.ts';

/** Whoever waits hears at most so often that small parts were read. */
const READS_A_LINE = 64;

const input = lines(process.stdin, LINE_BYTES_MAX);

async function nextLine(): Promise<unknown> {
  const { value, done } = await input.next();
  if (done === true) throw new Error('whoever asked has gone');
  return JSON.parse(value);
}

/** Resolves once the other side can take more. */
function say(said: Said): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${JSON.stringify(said)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

function problemOf(error: unknown): Said {
  if (error instanceof BundleError) {
    const { reason, part, message } = error;
    return { type: 'refused', reason, part: part.slice(0, 8_192), message: message.slice(0, 16_384) };
  }
  if (error instanceof MissingBasesError) return { type: 'missing', message: error.message.slice(0, 16_384) };
  if (error instanceof NoSpaceError) return { type: 'no-space', message: error.message };
  const { code, syscall, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOSPC') return { type: 'no-space', message: 'the disk of the region’s data is full' };
  if (code === 'ERR_MEMORY_ALLOCATION_FAILED' || /allocation failed/i.test(message))
    return { type: 'bound', bound: 'memory' };
  return { type: 'failed', message: message.slice(0, 4_096), disk: syscall !== undefined };
}

const answer = valueChecker(Answer);
let count = 0;
const receiver = ownReceiver(() => {
  count += 1;
  if (count % READS_A_LINE === 0) void say({ type: 'read', count });
});
const parts: ReceiveParts = {
  area: {
    async take(name, size) {
      await say({ type: 'take', name, size });
      return answer(await nextLine(), 'the answer').there;
    },
    written: (name, read) => say({ type: 'written', name, ...(read === undefined ? {} : { read }) }),
    done: (name, read) => say({ type: 'done', name, ...(read === undefined ? {} : { read }) }),
  },
  progress: (done, total) => say({ type: 'progress', done, total }),
  signal: new AbortController().signal,
};

async function perform(): Promise<Said> {
  const job = valueChecker(Job)(await nextLine(), 'the job');
  if (job.job === 'scan') {
    const { scan, refusals } = await receiver.scan(job, parts.signal);
    return { type: 'scanned', scan, refusals: [...refusals] };
  }
  const { summary, roots } = await (job.job === 'receive'
    ? receiver.receive(job, parts)
    : receiver.check(job, parts.signal));
  for (const root of roots) await say({ type: 'root', root });
  return { type: 'checked', summary };
}

process.on('uncaughtException', (error) => {
  void say(problemOf(error)).finally(() => process.exit(70));
});
await say(await perform().catch(problemOf));
process.exit(0);

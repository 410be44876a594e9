/**
 * The region's side of its receivers: has one started for a job, answers what it asks, and ends it when it says nothing new for too long, says what makes no sense, or is no
 * longer wanted. What runs wild over there ends as a ReceiverError here.
 */
import type { Clock } from '#kernel/clock.ts';
import { MissingBasesError } from '../../bundle/delta/needs.ts';
import { valueChecker } from '../../bundle/json.ts';
import { ROOTS_MAX } from '../../bundle/limits.ts';
import { BundleError, type BundleReason } from '../../bundle/problem.ts';
import { lines } from '../../confined/lines.ts';
import { type Bound, boundOf, type StartConfined, type Started } from '../../confined/start.ts';
import { NoSpaceError } from '../receive.ts';
import type { Checked } from '../summary.ts';
import type { ReceiveParts, Receiver } from './jobs.ts';
import { type Answer, type Job, LINE_BYTES_MAX, Said } from './protocol.ts';

/** Without a word of something new: a block of a slow medium, or the matching of one bill of materials, takes seconds. */
export const SILENCE_MS_MAX = 120_000;
/** Small parts are read in far less; only blocks may take as long as they need. */
const MESSAGES_MAX = 4_000_000;

/** The receiver did not do its job: it took too much, or broke. */
export class ReceiverError extends Error {
  override readonly name = 'ReceiverError';
  readonly bound: Bound;

  constructor(bound: ReceiverError['bound'], message: string) {
    super(message);
    this.bound = bound;
  }
}

type Final = Extract<Said, { type: 'checked' | 'scanned' }>;

export function processReceiver(start: StartConfined, clock: Clock): Receiver {
  async function checked(job: Job, signal: AbortSignal, parts?: ReceiveParts): Promise<Checked> {
    const roots: string[] = [];
    const last = await converse({ start, clock, job, signal, roots, parts });
    if (last.type !== 'checked') throw new ReceiverError('protocol', `it answered with ${last.type}`);
    return { summary: last.summary, roots };
  }
  return {
    receive: (job, parts) => checked(job, parts.signal, parts),
    check: (job, signal) => checked(job, signal),
    async scan(job, signal) {
      const last = await converse({ start, clock, job, signal, roots: [], parts: undefined });
      if (last.type !== 'scanned') throw new ReceiverError('protocol', `it answered with ${last.type}`);
      return { scan: last.scan, refusals: last.refusals };
    },
  };
}

interface Conversation {
  readonly start: StartConfined;
  readonly clock: Clock;
  readonly job: Job;
  readonly signal: AbortSignal;
  readonly roots: string[];
  readonly parts: ReceiveParts | undefined;
}

async function converse({ start, clock, job, signal, roots, parts }: Conversation): Promise<Final> {
  signal.throwIfAborted();
  const started = await start();
  let silent = false;
  let stopWatching = () => {};
  const watch = () => {
    stopWatching();
    stopWatching = clock.after(SILENCE_MS_MAX, () => {
      silent = true;
      started.kill();
    });
  };
  const abort = () => started.kill();
  signal.addEventListener('abort', abort, { once: true });
  try {
    watch();
    started.write(`${JSON.stringify(job)}\n`);
    return await listen(started, { roots, parts, heard: watch });
  } catch (error) {
    signal.throwIfAborted();
    if (silent) {
      throw new ReceiverError('time', `said nothing new for ${SILENCE_MS_MAX / 1_000} s, and was ended`);
    }
    throw error;
  } finally {
    stopWatching();
    signal.removeEventListener('abort', abort);
    started.kill();
  }
}

interface Listening {
  readonly roots: string[];
  readonly parts: ReceiveParts | undefined;
  /** Called when it has said something new. */
  readonly heard: () => void;
}

const readSaid = valueChecker(Said);

async function listen(started: Started, { roots, parts, heard }: Listening): Promise<Final> {
  let [messages, done, read] = [0, -1, 0];
  for await (const line of boundedLines(started)) {
    // Whoever started it adds a line about its end, wherever it was.
    if (line === '') continue;
    if (++messages > MESSAGES_MAX) throw new ReceiverError('protocol', 'it talks without end');
    const said = parse(line);
    switch (said.type) {
      case 'read':
        if (said.count > read) heard();
        read = said.count;
        break;
      case 'take': {
        if (parts === undefined) throw unexpected(said);
        const there = await askArea(() => parts.area.take(said.name, said.size));
        started.write(`${JSON.stringify({ there } satisfies Answer)}\n`);
        heard();
        break;
      }
      case 'done':
        if (parts === undefined) throw unexpected(said);
        await askArea(() => parts.area.done(said.name, said.read));
        heard();
        break;
      case 'written':
        if (parts === undefined) throw unexpected(said);
        await askArea(() => parts.area.written(said.name, said.read));
        break;
      case 'progress':
        if (parts === undefined) throw unexpected(said);
        if (said.done > done) heard();
        done = said.done;
        await parts.progress(said.done, said.total);
        break;
      case 'root':
        if (roots.length >= ROOTS_MAX) throw new ReceiverError('protocol', `more than ${ROOTS_MAX} roots`);
        roots.push(said.root);
        heard();
        break;
      case 'checked':
      case 'scanned':
        return said;
      default:
        throw problemOf(said);
    }
  }
  throw new ReceiverError('none', 'it ended without a word');
}

async function* boundedLines(started: Started): AsyncGenerator<string> {
  try {
    yield* lines(started.output, LINE_BYTES_MAX);
  } catch (error) {
    if (error instanceof RangeError) throw new ReceiverError('protocol', error.message);
    // The connection broke: it has ended.
    throw new ReceiverError('none', error instanceof Error ? error.message : String(error));
  }
}

function parse(line: string): Said {
  try {
    return readSaid(JSON.parse(line), 'what it says');
  } catch (error) {
    throw new ReceiverError('protocol', error instanceof Error ? error.message : String(error));
  }
}

const unexpected = ({ type }: Said) => new ReceiverError('protocol', `it says ${type}, and receives nothing`);

/** A name or a size that no bundle has is no fault of the disk. */
async function askArea<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RangeError ? new ReceiverError('protocol', error.message) : error;
  }
}

function problemOf(
  said: Extract<Said, { type: 'refused' | 'no-space' | 'missing' | 'bound' | 'failed' | 'ended' }>,
): Error {
  switch (said.type) {
    case 'refused':
      return Object.assign(new BundleError(said.reason as BundleReason, said.part, ''), {
        message: said.message,
      });
    case 'no-space':
      return new NoSpaceError(said.message);
    case 'missing':
      return new MissingBasesError(said.message);
    case 'bound':
      return new ReceiverError(said.bound, 'it asked for more memory than it may have');
    case 'failed':
      return said.disk ? new Error(said.message) : new ReceiverError('none', said.message);
    case 'ended':
      return new ReceiverError(boundOf(said.how), `it ended by ${said.how}`);
  }
}

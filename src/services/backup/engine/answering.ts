/** What a process at a repository does with each question: restic's commands. It stands between two streams and touches nothing else. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type Frame, FrameError, jsonOf, writeFrame, writeJson } from './frames.ts';
import type { Answer, Content, Question, Saved, Snapshot } from './protocol.ts';
import { RepositoryError } from './repository.ts';
import { Restic } from './restic.ts';

const PRUNE = ['prune', '--max-unused', '10%', '--max-repack-size', '4G'];
const ALL_PERCENT = 100;

export interface AnsweringOptions {
  readonly frames: AsyncIterator<Frame>;
  readonly output: Writable;
  /** In memory. */
  readonly folder: string;
}

/** What the other end says, in order: nothing is lost when something else happens first. */
class Incoming {
  readonly #frames: AsyncIterator<Frame>;
  #next: Promise<Frame> | undefined;
  #isTar = false;

  constructor(frames: AsyncIterator<Frame>) {
    this.#frames = frames;
  }

  async take(): Promise<Frame> {
    const frame = await this.#peek();
    this.#next = undefined;
    return frame;
  }

  /** What follows a question as data: to its end, or until nobody wants more of it. Throws FrameError when it breaks off. */
  async *tar(unwanted: Promise<void>): AsyncGenerator<Buffer> {
    this.#isTar = true;
    for (;;) {
      if ((await Promise.race([unwanted.then(() => 'unwanted'), this.#peek()])) === 'unwanted') return;
      const { type, bytes } = await this.take();
      if (type === 'json') throw new FrameError('the tar was taken back');
      if (type === 'end') {
        this.#isTar = false;
        return;
      }
      yield bytes;
    }
  }

  /** Lets go of what is left of a tar. */
  async untilEnd(): Promise<void> {
    while (this.#isTar) this.#isTar = (await this.take()).type !== 'end';
  }

  #peek(): Promise<Frame> {
    this.#next ??= this.#frames.next().then(({ value, done }) => {
      if (done === true) throw new FrameError('the connection ended');
      return value as Frame;
    });
    return this.#next;
  }
}

/** Until the other end is gone: throws FrameError then. */
export async function answerAll({ frames, output, folder }: AnsweringOptions): Promise<void> {
  const incoming = new Incoming(frames);
  let restic: Restic | undefined;
  try {
    for (;;) {
      const question = jsonOf(await incoming.take()) as Question;
      let answer: Answer;
      try {
        if (question.ask === 'open') {
          restic ??= new Restic(question.access, { folder });
          answer = { answer: 'done', result: { made: question.make && (await made(restic)) } };
        } else {
          if (restic === undefined) throw new RepositoryError('Failed', 'nothing was opened');
          answer = { answer: 'done', result: (await answerTo(question, restic, incoming, output)) ?? null };
        }
      } catch (error) {
        // A tar that broke off: whoever sent it is gone, or says no more of it.
        if (error instanceof FrameError) throw error;
        const failure =
          error instanceof RepositoryError
            ? error
            : new RepositoryError('Failed', String((error as Error).message));
        answer = { answer: 'failed', reason: failure.reason, message: failure.message };
      }
      await writeJson(output, answer);
      await incoming.untilEnd();
    }
  } finally {
    restic?.close();
  }
}

/** Whether there was none. What a run that was killed left is cleared up before the next one. */
async function made(restic: Restic): Promise<boolean> {
  try {
    await restic.unlock();
    return false;
  } catch (error) {
    if (!(error instanceof RepositoryError && error.reason === 'NoRepository')) throw error;
  }
  await restic.run(['init', '--repository-version', '2']);
  return true;
}

function answerTo(
  question: Exclude<Question, { ask: 'open' }>,
  restic: Restic,
  incoming: Incoming,
  output: Writable,
): Promise<unknown> {
  switch (question.ask) {
    case 'save':
      return save(restic, question, incoming);
    case 'read':
      return read(restic, question, (chunk) => writeFrame(output, 'data', chunk));
    case 'digest':
      return read(restic, question, async () => {});
    case 'snapshots':
      return snapshots(restic, question.tag);
    case 'forget':
      return forget(restic, question.snapshots);
    case 'prune':
      return restic.run(PRUNE);
    case 'check':
      return restic.run(['check', ...readOf(question.read_percent)]);
  }
}

const readOf = (percent: number): readonly string[] =>
  percent >= ALL_PERCENT ? ['--read-data'] : percent <= 0 ? [] : [`--read-data-subset=${percent}%`];

async function save(
  restic: Restic,
  { path, host, tags }: Extract<Question, { ask: 'save' }>,
  incoming: Incoming,
): Promise<Saved> {
  const { child, ended } = restic.start([
    'backup',
    '--json',
    '--stdin',
    '--stdin-filename',
    path,
    '--host',
    host,
    ...tags.flatMap((tag) => ['--tag', tag]),
  ]);
  let printed = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    // The summary is the last line; progress before it is not asked for.
    printed = (printed + text).slice(-65_536);
  });
  const over = ended.catch(() => {});
  const digest = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of incoming.tar(over)) {
      digest.update(chunk);
      bytes += chunk.length;
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain').catch(() => {}), over]);
    }
  } catch (error) {
    // Before its input ends: what it has is no whole tar.
    child.kill('SIGKILL');
    await over;
    throw error;
  }
  child.stdin.end();
  await ended;
  const summary = summaryIn(printed);
  if (summary === undefined || summary.total_bytes_processed !== bytes) {
    throw new RepositoryError(
      'Failed',
      `restic took ${summary?.total_bytes_processed ?? 0} of ${bytes} bytes`,
    );
  }
  return { snapshot: summary.snapshot_id, bytes, added: summary.data_added, sha256: digest.digest('hex') };
}

interface Summary {
  readonly message_type: string;
  readonly snapshot_id: string;
  readonly data_added: number;
  readonly total_bytes_processed: number;
}

const summaryIn = (printed: string): Summary | undefined =>
  printed
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('{') && line.endsWith('}') ? (JSON.parse(line) as Summary) : undefined))
    .findLast((one) => one?.message_type === 'summary');

/** A prune that was killed may have left it locked, before the first byte is read. */
async function read(
  restic: Restic,
  asked: { readonly snapshot: string; readonly path: string },
  give: (chunk: Buffer) => Promise<void>,
): Promise<Content> {
  try {
    return await readOnce(restic, asked, give);
  } catch (error) {
    if (!(error instanceof RepositoryError && error.reason === 'Locked')) throw error;
    await restic.unlock();
    return readOnce(restic, asked, give);
  }
}

async function readOnce(
  restic: Restic,
  { snapshot, path }: { readonly snapshot: string; readonly path: string },
  give: (chunk: Buffer) => Promise<void>,
): Promise<Content> {
  const { child, ended } = restic.start(['dump', snapshot, path]);
  child.stdin.end();
  const digest = createHash('sha256');
  let bytes = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    digest.update(chunk);
    bytes += chunk.length;
    await give(chunk);
  }
  await ended;
  return { bytes, sha256: digest.digest('hex') };
}

interface Listed {
  readonly id: string;
  readonly time: string;
  readonly paths: readonly string[];
  readonly tags?: readonly string[];
}

async function snapshots(restic: Restic, tag: string): Promise<readonly Snapshot[]> {
  const listed = JSON.parse(await restic.run(['snapshots', '--json', '--tag', tag])) as
    | readonly Listed[]
    | null;
  return (listed ?? []).map(({ id, time, paths, tags = [] }) => ({ id, time, path: paths[0] ?? '', tags }));
}

async function forget(restic: Restic, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  try {
    await restic.run(['forget', ...ids]);
  } catch (error) {
    if (!(error instanceof RepositoryError && error.reason === 'NotFound')) throw error;
  }
}

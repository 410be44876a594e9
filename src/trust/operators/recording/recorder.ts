/**
 * Records one terminal. What happens is kept within a second or 64 KiB, whichever is first; while keeping fails, the terminal waits, and
 * when it goes on failing the terminal ends: there is no terminal without its recording. A process that dies leaves what was kept so far.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { systemActor } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ConnectRequest, TerminalSize } from '#kernel/connect.ts';
import { StatusError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import type { ChangeContext, Realm, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { OperatorSession } from '../session.ts';
import { Asciicast } from './asciicast.ts';
import {
  chunkName,
  type RecordingStatus,
  TerminalRecording,
  TerminalRecordingChunk,
  type TerminalRecordingObject,
} from './terminal-recording.ts';

const compress = promisify(gzip);

/** Of one recording, before compression; then the terminal ends. */
export const RECORDING_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES_MAX = 64 * 1024;
/** What was not kept yet is no older than this. */
const KEEP_WITHIN_MS = 1_000;
/** Somebody who does nothing is still there: said this often. */
export const HEARTBEAT_MS = 30_000;
/** Pieces of all recordings in a realm; beyond it no operator gets a terminal until the tenant deletes some. */
const CHUNKS_MAX = 8_192;
const COMMAND_LENGTH_MAX = 1_024;
const MESSAGE_LENGTH_MAX = 256;

/** How a terminal ended. */
interface Outcome {
  readonly exitCode?: number | undefined;
  readonly error?: unknown;
}

export interface RecorderOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly clock: Clock;
  readonly random: Random;
}

const full = (message: string) => new StatusError('Forbidden', message);

function contextIn(realm: RealmId, random: Random): ChangeContext {
  return { actor: systemActor(realm, 'bastion'), via: 'bastion', requestId: random.uuid() };
}

/** Begins a recording; the terminal opens once it is there. Throws when it cannot be kept. */
export async function startRecording(
  options: RecorderOptions,
  session: OperatorSession,
  { realm: id, object, query }: ConnectRequest,
): Promise<Recording> {
  const { realms, clock, random } = options;
  const { kind, metadata } = object;
  const { namespace, name, uid } = metadata;
  const at_ms = clock.now();
  const command = query.getAll('command').join(' ').slice(0, COMMAND_LENGTH_MAX);
  const context = contextIn(id, random);
  const created = await realms.use(id, async ({ view, resources }) => {
    if (view.count(TerminalRecordingChunk) >= CHUNKS_MAX) {
      throw full('recordings take all the room there is; the organization must delete some first');
    }
    const { object: made } = await resources.create(
      TerminalRecording,
      undefined,
      {
        metadata: { name: `${name.slice(0, 60)}-${random.uuid().slice(0, 13)}` },
        spec: {
          accessRequest: { name: session.name, uid: session.uid },
          operator: session.actorName,
          target: { kind, ...(namespace === undefined ? {} : { namespace }), name, uid },
          command,
          startedAt: rfc3339(at_ms),
          requestId: context.requestId,
        },
      },
      context,
    );
    return made as TerminalRecordingObject;
  });
  const title = `${session.actorName} on ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  const recording = new Recording(options, id, created, context);
  recording.begin(Asciicast.header({ at_ms, title, command }), at_ms);
  await recording.flush();
  return recording;
}

export class Recording {
  readonly #options: RecorderOptions;
  readonly #realm: RealmId;
  readonly #object: TerminalRecordingObject;
  readonly #context: ChangeContext;
  readonly #digest = createHash('sha256');
  readonly #failed = new AbortController();
  #cast = new Asciicast(0);
  #pending: string[] = [];
  #pending_bytes = 0;
  #bytes = 0;
  #chunks = 0;
  #keeping: Promise<void> = Promise.resolve();
  #cancel = () => {};
  #ended = false;

  constructor(
    options: RecorderOptions,
    realm: RealmId,
    object: TerminalRecordingObject,
    context: ChangeContext,
  ) {
    this.#options = options;
    this.#realm = realm;
    this.#object = object;
    this.#context = context;
  }

  /** Aborts, with why, when nothing more can be recorded. */
  get signal(): AbortSignal {
    return this.#failed.signal;
  }

  begin(header: string, at_ms: number): void {
    this.#cast = new Asciicast(at_ms);
    this.#add(header);
  }

  input(chunk: Uint8Array): Promise<void> {
    return this.#take(this.#cast.input(chunk, this.#now()));
  }

  output(chunk: Uint8Array): Promise<void> {
    return this.#take(this.#cast.output(chunk, this.#now()));
  }

  errors(chunk: Uint8Array): Promise<void> {
    return this.#take(this.#cast.errors(chunk, this.#now()));
  }

  resized(size: TerminalSize): Promise<void> {
    return this.#take(this.#cast.resized(size, this.#now()));
  }

  /** Keeps what is pending, in order after what is being kept. Rejects, and ends the terminal, when that fails. */
  flush(): Promise<void> {
    this.#cancel();
    this.#keeping = this.#keeping.then(() => this.#keep());
    this.#keeping.catch((error: unknown) => this.#failed.abort(error));
    return this.#keeping;
  }

  /** Keeps the rest, and puts the digest into the ledger. */
  async end({ exitCode, error }: Outcome): Promise<void> {
    this.#ended = true;
    this.#add(this.#cast.end(this.#now()));
    await this.flush();
    this.#cancel();
    await this.#publish({
      phase: 'Complete',
      sha256: this.#digest.digest('hex'),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(error instanceof Error ? { message: error.message.slice(0, MESSAGE_LENGTH_MAX) } : {}),
    });
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** Waits when there is more than one piece to keep, so that no terminal runs ahead of its recording. */
  async #take(text: string): Promise<void> {
    this.#failed.signal.throwIfAborted();
    if (this.#ended || text === '') return;
    if (this.#bytes + this.#pending_bytes + Buffer.byteLength(text) > RECORDING_BYTES_MAX) {
      const error = full(
        `a recording has at most ${RECORDING_BYTES_MAX} bytes; open another terminal to go on`,
      );
      this.#failed.abort(error);
      throw error;
    }
    const first = this.#pending_bytes === 0;
    this.#add(text);
    if (this.#pending_bytes >= CHUNK_BYTES_MAX) await this.flush();
    else if (first) this.#later(KEEP_WITHIN_MS);
  }

  #later(delay_ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(delay_ms, () => void this.flush().catch(() => {}));
  }

  #add(text: string): void {
    this.#pending.push(text);
    this.#pending_bytes += Buffer.byteLength(text);
  }

  async #keep(): Promise<void> {
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pending_bytes = 0;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES_MAX) {
      await this.#keepPiece(bytes.subarray(at, at + CHUNK_BYTES_MAX));
    }
    await this.#publish({ phase: 'Recording' });
    if (!this.#ended && this.#pending_bytes === 0) this.#later(HEARTBEAT_MS);
  }

  async #keepPiece(bytes: Buffer): Promise<void> {
    const { apiVersion, kind, metadata } = this.#object;
    const piece = (await compress(bytes)).toString('base64');
    await this.#use(({ resources }) =>
      resources.create(
        TerminalRecordingChunk,
        undefined,
        {
          metadata: {
            name: chunkName(this.#object, this.#chunks),
            ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }],
          },
          spec: { recording: metadata.uid, sequence: this.#chunks, gzip: piece },
        },
        this.#context,
      ),
    );
    this.#digest.update(bytes);
    this.#chunks += 1;
    this.#bytes += bytes.length;
  }

  async #publish(changes: Partial<RecordingStatus>): Promise<void> {
    const { name } = this.#object.metadata;
    const lastAt = rfc3339(this.#now());
    await this.#use(({ resources }) =>
      resources.modify(
        TerminalRecording,
        { name },
        this.#context,
        (current) => ({
          ...current,
          status: { phase: 'Recording', ...changes, chunks: this.#chunks, bytes: this.#bytes, lastAt },
        }),
        { subresource: 'status' },
      ),
    );
  }

  #use<T>(work: (realm: Realm) => Promise<T>): Promise<T> {
    return this.#options.realms.use(this.#realm, work);
  }
}

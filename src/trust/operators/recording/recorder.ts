/**
 * Records one terminal. What happens is kept within a second or 64 KiB, whichever is first; while keeping fails, the terminal waits, and
 * when it goes on failing the terminal ends: there is no terminal without its recording. A process that dies leaves what was kept so far.
 */
import { createHash } from 'node:crypto';
import { systemActor } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ConnectRequest, TerminalSize } from '#kernel/connect.ts';
import { conflict, StatusError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import type { ChangeContext, Realm, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import { operatorRules } from '../operator-policy.ts';
import type { OperatorSession } from '../session.ts';
import { Asciicast } from './asciicast.ts';
import { type KeptRecordings, PIECE_BYTES_MAX } from './kept.ts';
import {
  type RecordingStatus,
  TerminalRecording,
  type TerminalRecordingObject,
} from './terminal-recording.ts';

/** Of one recording, before compression; then the terminal ends. */
export const RECORDING_BYTES_MAX = 16 * 1024 * 1024;
/** Of one recording: a piece each second of the longest session, and some. Then the terminal ends. */
const RECORDING_PIECES_MAX = 32_768;
/** What arrives is taken in slices of this, so that a large chunk waits where it is and not in here. */
const SLICE_BYTES_MAX = 4 * 1024;
/** Input, output, errors and sizes may each have a slice on its way in. */
const SOURCES = 4;
/** A byte is at most six characters in JSON (`\u0000`); a line has some more around it. */
const LINE_BYTES_MAX = 6 * SLICE_BYTES_MAX + 64;
/** What one live terminal holds in memory of its recording, at most: what is being kept, and as much again that waits. */
export const LIVE_BYTES_MAX = 2 * (PIECE_BYTES_MAX + SOURCES * LINE_BYTES_MAX);
/** What was not kept yet is no older than this. */
const KEEP_WITHIN_MS = 1_000;
/** Somebody who does nothing is still there: said this often. */
export const HEARTBEAT_MS = 30_000;
/** Of a realm's recordings together, as they are kept; beyond it no operator gets a terminal until some are gone. */
const REALM_BYTES_MAX = 4 * 1024 ** 3;
const REALM_PIECES_MAX = 262_144;
const REALM_RECORDINGS_MAX = 10_000;
const COMMAND_LENGTH_MAX = 1_024;
const MESSAGE_LENGTH_MAX = 256;
const DAY_MS = 24 * 60 * 60_000;

/** How a terminal ended. */
interface Outcome {
  readonly exitCode?: number | undefined;
  readonly error?: unknown;
}

export interface RecorderOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly recordings: KeptRecordings;
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
  const { realms, recordings, clock, random } = options;
  const { kind, metadata } = object;
  const { namespace, name, uid } = metadata;
  const at_ms = clock.now();
  const command = query.getAll('command').join(' ').slice(0, COMMAND_LENGTH_MAX);
  const context = contextIn(id, random);
  const held = await recordings.held(id);
  const created = await realms.use(id, async ({ view, resources }) => {
    if (
      held.bytes >= REALM_BYTES_MAX ||
      held.pieces >= REALM_PIECES_MAX ||
      view.count(TerminalRecording) >= REALM_RECORDINGS_MAX
    ) {
      throw full('recordings take all the room there is; the organization must delete some first');
    }
    const { recordings_days } = operatorRules(view);
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
          keptUntil: rfc3339(at_ms + recordings_days * DAY_MS),
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
  /** On its way to where it is kept. */
  #keeping_bytes = 0;
  /** Kept. */
  #bytes = 0;
  #chunks = 0;
  #keeping: Promise<void> = Promise.resolve();
  #cancel = () => {};
  #ended = false;
  #end: Promise<void> | undefined;

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

  /** What it holds in memory now; at most `LIVE_BYTES_MAX`. */
  get live_bytes(): number {
    return this.#pending_bytes + this.#keeping_bytes;
  }

  begin(header: string, at_ms: number): void {
    this.#cast = new Asciicast(at_ms);
    this.#add(header);
  }

  input(chunk: Uint8Array): Promise<void> {
    return this.#sliced(chunk, (slice) => this.#cast.input(slice, this.#now()));
  }

  output(chunk: Uint8Array): Promise<void> {
    return this.#sliced(chunk, (slice) => this.#cast.output(slice, this.#now()));
  }

  errors(chunk: Uint8Array): Promise<void> {
    return this.#sliced(chunk, (slice) => this.#cast.errors(slice, this.#now()));
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

  /** Keeps the rest, and puts the digest of the whole into the ledger: once, however often it is asked to. */
  end(outcome: Outcome): Promise<void> {
    this.#end ??= this.#complete(outcome);
    return this.#end;
  }

  async #complete({ exitCode, error }: Outcome): Promise<void> {
    this.#ended = true;
    this.#add(this.#cast.end(this.#now()));
    await this.flush();
    this.#cancel();
    await this.#publish({
      phase: 'Complete',
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(error instanceof Error ? { message: error.message.slice(0, MESSAGE_LENGTH_MAX) } : {}),
    });
  }

  #now(): number {
    return this.#options.clock.now();
  }

  async #sliced(chunk: Uint8Array, line: (slice: Uint8Array) => string): Promise<void> {
    // More than all of it could be is not begun with.
    this.#assertRoom(chunk.length);
    for (let at = 0; at < chunk.length; at += SLICE_BYTES_MAX) {
      this.#failed.signal.throwIfAborted();
      await this.#take(line(chunk.subarray(at, at + SLICE_BYTES_MAX)));
    }
  }

  /** Waits when there is a piece to keep, so that no terminal runs ahead of its recording. */
  async #take(text: string): Promise<void> {
    this.#failed.signal.throwIfAborted();
    if (this.#ended || text === '') return;
    this.#assertRoom(Buffer.byteLength(text));
    const first = this.#pending_bytes === 0;
    this.#add(text);
    if (this.#pending_bytes >= PIECE_BYTES_MAX) await this.flush();
    else if (first) this.#later(KEEP_WITHIN_MS);
  }

  #assertRoom(more_bytes: number): void {
    if (
      this.#bytes + this.live_bytes + more_bytes <= RECORDING_BYTES_MAX &&
      this.#chunks < RECORDING_PIECES_MAX
    )
      return;
    const error = full(
      `a recording has at most ${RECORDING_BYTES_MAX} bytes in ${RECORDING_PIECES_MAX} pieces; open another terminal to go on`,
    );
    this.#failed.abort(error);
    throw error;
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
    this.#keeping_bytes = bytes.length;
    if (bytes.length === 0) await this.#publish({ phase: 'Recording' });
    for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
      await this.#keepPiece(bytes.subarray(at, at + PIECE_BYTES_MAX));
    }
    this.#keeping_bytes = 0;
    if (!this.#ended && this.#pending_bytes === 0) this.#later(HEARTBEAT_MS);
  }

  /** The piece, and then the digest of everything up to it in the ledger: what no leaf covers is one piece at most. */
  async #keepPiece(bytes: Uint8Array): Promise<void> {
    const { uid } = this.#object.metadata;
    const { recordings } = this.#options;
    await recordings.keep(this.#realm, uid, this.#chunks, bytes);
    this.#digest.update(bytes);
    this.#chunks += 1;
    this.#bytes += bytes.length;
    this.#keeping_bytes -= bytes.length;
    await this.#publish({ phase: 'Recording' });
  }

  async #publish(changes: Pick<RecordingStatus, 'phase'> & Partial<RecordingStatus>): Promise<void> {
    const { name, uid } = this.#object.metadata;
    const status = {
      ...changes,
      chunks: this.#chunks,
      bytes: this.#bytes,
      sha256: this.#digest.copy().digest('hex'),
      lastAt: rfc3339(this.#now()),
    };
    await this.#use(({ resources }) =>
      resources.modify(
        TerminalRecording,
        { name },
        this.#context,
        (current) => {
          // Somebody gave it up for dead, or is deleting it: what comes now would be kept for nobody.
          if (
            current.metadata.uid !== uid ||
            isDeleting(current) ||
            (current.status?.phase ?? 'Recording') !== 'Recording'
          ) {
            throw conflict({ kind: TerminalRecording.plural, name }, 'it is not being recorded any more');
          }
          return { ...current, status };
        },
        { subresource: 'status' },
      ),
    );
  }

  #use<T>(work: (realm: Realm) => Promise<T>): Promise<T> {
    return this.#options.realms.use(this.#realm, work);
  }
}

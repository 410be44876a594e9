/**
 * Sends one file into a bucket: whole, or in parts, with how far it is. Where the region does not answer it waits, and goes on with the parts that are missing. What was begun in
 * parts and fails or is cancelled is taken back.
 */
import { Unreachable } from '../../api/client.ts';
import { connection } from '../../api/connection.ts';
import { accessToken, renew } from '../../session/session.ts';
import { completionXml, type ToldDocument, textOf } from './document.ts';
import { askDocument, askObjects, objectPath, refusalOf } from './objects-client.ts';
import { type Part, partsOf } from './parts.ts';

/** Parts of one file on their way at once. */
const PARTS_AT_ONCE_MAX = 3;
/** Of one part, when the region had no room for it. */
const TRIES_MAX = 4;
const AGAIN_MS = 1_000;
/** So long it waits for a region that does not answer, looking again ever more seldom. */
const LOST_MS_MAX = 60 * 60_000;
const LOOK_MS_MIN = 1_000;
const LOOK_MS_MAX = 15_000;

export interface Sending {
  readonly bucket: string;
  readonly key: string;
  readonly file: Blob;
  readonly signal: AbortSignal;
  /** Bytes that have gone so far; never more than the file has. */
  onProgress(bytes: number): void;
  /** Nobody answers, and it waits; or somebody does again. */
  onLost(isLost: boolean): void;
}

/** The file on the person's own disk is not as it was when they chose it. */
export class FileChanged extends Error {}

/** Throws ApiError, FileChanged, Unreachable, or what the signal was aborted with. */
export async function sendFile(sending: Sending): Promise<void> {
  const parts = partsOf(sending.file.size);
  const [only] = parts;
  if (parts.length > 1) return sendParts(sending, parts);
  if (only !== undefined) await put(sending, only, {}, sending.onProgress);
}

async function sendParts(sending: Sending, parts: readonly Part[]): Promise<void> {
  const { bucket, key, file, signal, onProgress } = sending;
  const headers = typeHeader(file);
  const begun = await patiently(sending, () =>
    askDocument(bucket, { method: 'POST', key, query: { uploads: '' }, headers, signal }),
  );
  const uploadId = textOf(begun, 'UploadId');
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const gone = new Array<number>(parts.length).fill(0);
  const etags = new Array<string>(parts.length).fill('');
  const left = [...parts.entries()].reverse();
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [at, part] = next;
      const query = { partNumber: `${part.number}`, uploadId };
      etags[at] = await put({ ...sending, signal: until }, part, query, (bytes) => {
        gone[at] = bytes;
        onProgress(gone.reduce((sum, one) => sum + one, 0));
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: PARTS_AT_ONCE_MAX }, work));
    const body = completionXml(etags);
    // Said twice, because the first answer was lost, it is answered as the first time.
    const end: ToldDocument = await patiently(sending, () =>
      askDocument(bucket, { method: 'POST', key, query: { uploadId }, body, signal }),
    );
    // S3 may say 200 before it knows.
    if (end.name === 'Error') throw refusalOf(500, end);
  } catch (error) {
    failed.abort(error);
    // Whoever cancelled need not wait for it.
    const takeBack = { signal: new AbortController().signal, onLost: () => undefined };
    void patiently(takeBack, () => askObjects(bucket, { method: 'DELETE', key, query: { uploadId } })).catch(
      () => undefined,
    );
    throw error;
  }
}

/** Gives the ETag. */
async function put(
  sending: Sending,
  part: Part,
  query: Readonly<Record<string, string>>,
  onProgress: (bytes: number) => void,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    const { status, etag, said } = await patiently(sending, () => putOnce(sending, part, query, onProgress));
    if (status >= 200 && status < 300) return etag;
    onProgress(0);
    const mayHelp = status === 503 || (status === 401 && (await renew()));
    if (!mayHelp || tries >= TRIES_MAX) throw refusalOf(status, said);
    if (status !== 401) await pause(tries * AGAIN_MS, sending.signal);
  }
}

/** Once more when nobody answered, until somebody does. */
async function patiently<T>(
  { signal, onLost }: Pick<Sending, 'signal' | 'onLost'>,
  act: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + LOST_MS_MAX;
  for (let wait_ms = LOOK_MS_MIN; ; wait_ms = Math.min(2 * wait_ms, LOOK_MS_MAX)) {
    try {
      const answer = await act();
      onLost(false);
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable) || performance.now() > until) throw error;
      onLost(true);
      await pause(wait_ms, signal);
    }
  }
}

interface Put {
  readonly status: number;
  readonly etag: string;
  readonly said: object;
}

/** With XMLHttpRequest, as `fetch` does not tell how far a body is. Throws Unreachable, and FileChanged. */
async function putOnce(
  { bucket, key, file, signal }: Sending,
  { from, to }: Part,
  query: Readonly<Record<string, string>>,
  onProgress: (bytes: number) => void,
): Promise<Put> {
  const token = await accessToken().catch((cause: unknown) => {
    throw new Unreachable('the region does not answer', { cause });
  });
  signal.throwIfAborted();
  const answer = await new Promise<Put | undefined>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.onloadend = () => signal.removeEventListener('abort', stop);
    request.open('PUT', objectPath(bucket, key, query));
    request.setRequestHeader('Authorization', `Bearer ${token ?? ''}`);
    request.setRequestHeader('Accept', 'application/json');
    const type = 'uploadId' in query ? {} : typeHeader(file);
    for (const [name, value] of Object.entries(type)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, to - from));
    request.onload = () => {
      const { status, responseText } = request;
      if (status < 300) onProgress(to - from);
      resolve({ status, etag: request.getResponseHeader('ETag') ?? '', said: jsonOf(responseText) });
    };
    request.onerror = () => resolve(undefined);
    request.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    // Without a type of its own, as a slice has none: S3 keeps what the header says.
    request.send(file.slice(from, to));
  });
  if (answer !== undefined) {
    connection.reached();
    return answer;
  }
  onProgress(0);
  // A browser says the same of a file that it cannot read any more.
  const first = file.slice(from, from + 1);
  await first.arrayBuffer().catch((cause: unknown) => {
    throw new FileChanged('the file was changed or removed since it was chosen', { cause });
  });
  connection.lost();
  throw new Unreachable('the region does not answer');
}

const typeHeader = ({ type }: Blob): Readonly<Record<string, string>> => ({
  'Content-Type': type === '' ? 'application/octet-stream' : type,
});

function jsonOf(text: string): object {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}

/** Over before that when the machine has a network again. */
const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const over = new AbortController();
    const end = (act: () => void) => () => {
      clearTimeout(timer);
      over.abort();
      act();
    };
    const timer = setTimeout(end(resolve), milliseconds);
    const once = { once: true, signal: over.signal };
    addEventListener('online', end(resolve), once);
    signal.addEventListener(
      'abort',
      end(() => reject(signal.reason)),
      once,
    );
    if (signal.aborted) end(() => reject(signal.reason))();
  });

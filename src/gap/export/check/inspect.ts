/**
 * Looks into one file, whatever it is: what type it is, what is in it, and in archives within it, as it streams by. Everything that is not what it seems, or cannot be
 * looked into as a whole, is a finding; nothing throws but the source. What runs here was made by somebody who may want it to fail.
 */
import { ArchiveError } from '../../archive/archive-error.ts';
import { decompress } from '../../archive/decompress.ts';
import { tarMembers } from '../../archive/tar.ts';
import { withHead } from '../../archive/with-head.ts';
import { zipMembers } from '../../archive/zip.ts';
import {
  DEPTH_MAX,
  EXPANDED_BYTES_MAX,
  EXPANSION_MAX,
  KIB,
  MEMBERS_MAX,
  MIB,
  ZIP_BYTES_MAX,
} from '../limits.ts';
import { alsoLooksLike, type ContentType, HEAD_BYTES, sniff, TYPES, textForm } from './content-type.ts';
import type { Detector } from './detector.ts';
import type { Finding } from './finding.ts';
import { TextReader } from './text-reader.ts';
import { TextScanner } from './text-scanner.ts';

/** How much is looked through before others have their turn. */
const TURN_BYTES = 64 * KIB;
const SHOWN_NAME_MAX = 200;

export interface InspectOptions {
  /** Types that may leave. */
  readonly types: ReadonlySet<ContentType>;
  readonly detectors: readonly Detector[];
  readonly report: (finding: Finding) => void;
  /** Shared by all files of a request. */
  readonly budget: Budget;
}

/** What is left of the bounds of one request. */
export interface Budget {
  expanded: number;
  members: number;
}

export const newBudget = (): Budget => ({ expanded: EXPANDED_BYTES_MAX, members: MEMBERS_MAX });

type Source = AsyncIterable<Buffer>;

export async function inspectFile(source: Source, file: string, options: InspectOptions): Promise<void> {
  scanNames(Buffer.from(file), file, 'in its name', options);
  await inspect(source, file, options, 0);
}

async function inspect(source: Source, file: string, options: InspectOptions, depth: number): Promise<void> {
  const { head, whole } = await withHead(source, HEAD_BYTES);
  if (head.length === 0) return;
  const type = sniff(head);
  const other = alsoLooksLike(head, type ?? 'text');
  if (other !== undefined) {
    const what = `is ${TYPES[type ?? 'text'].what}, and ${TYPES[other].what} as well`;
    options.report({ rule: 'polyglot', file, what });
  }
  if (type === undefined) return text(whole, head, file, options);
  if (!options.types.has(type)) {
    options.report({ rule: 'type', file, what: `is ${TYPES[type].what}${remedyFor(type)}` });
    return drain(whole);
  }
  if (TYPES[type].how === 'opaque') return opaque(whole, type, file, options);
  try {
    if (depth >= DEPTH_MAX)
      throw new ArchiveError(`lies in ${DEPTH_MAX} other archives, the most that are opened`);
    if (type === 'gzip') await gzip(whole, head, file, options, depth);
    else if (type === 'tar') await tar(whole, file, options, depth);
    else await zip(whole, file, options, depth);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    options.report({ rule: 'archive', file, what: error.message });
    await drain(whole);
  }
}

async function text(source: Source, head: Buffer, file: string, options: InspectOptions): Promise<void> {
  if (!options.types.has('text')) {
    const what = `is ${TYPES.text.what}, or nothing that is known here${remedyFor('text')}`;
    options.report({ rule: 'type', file, what });
    return drain(source);
  }
  const form = textForm(head);
  const reader = new TextReader(form);
  const scanner = new TextScanner(
    options.detectors,
    { file, stride: reader.stride, start: form.mark },
    options.report,
  );
  for await (const chunk of inTurns(source)) scanner.push(reader.read(chunk));
  reader.end();
  scanner.end();
  if (reader.problem === undefined) return;
  const what = `is ${TYPES.unknown.what}: ${reader.problem}`;
  if (options.types.has('unknown')) options.report({ rule: 'unread', file, what });
  else options.report({ rule: 'type', file, what: `${what}${remedyFor('unknown')}` });
}

/** What to do about a type that may not leave: who decides, and what that means. */
function remedyFor(type: ContentType): string {
  const how = TYPES[type].how;
  const what = how === 'opaque' ? 'which nothing here can read' : `which can be ${how} here`;
  const then = how === 'opaque' ? ', unread (rule unread tells the reviewers)' : '';
  return `, ${what}: it leaves only when the ExportPolicy has "${type}" among its types${then}`;
}

/** Nothing here understands it: what stands in it as plain text is found, and that the rest was not looked into is said. */
async function opaque(
  source: Source,
  type: ContentType,
  file: string,
  options: InspectOptions,
): Promise<void> {
  options.report({
    rule: 'unread',
    file,
    what: `is ${TYPES[type].what}: only plain text in it was looked at`,
  });
  const scanner = new TextScanner(options.detectors, { file, lines: false }, options.report);
  let tail = Buffer.alloc(0);
  for await (const chunk of inTurns(source)) {
    scanner.push(chunk.toString('latin1'));
    tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
  }
  scanner.end();
  const behind = whatIsBehind(tail, type);
  if (behind !== undefined) options.report({ rule: 'polyglot', file, what: behind });
}

const TAIL_BYTES = 66 * KIB;
/** How some types end; anything after that is not theirs. */
const ENDINGS: Partial<Record<ContentType, Buffer>> = {
  png: Buffer.from('0000000049454e44ae426082', 'hex'),
  jpeg: Buffer.from('ffd9', 'hex'),
  gif: Buffer.from('3b', 'hex'),
};

function whatIsBehind(tail: Buffer, type: ContentType): string | undefined {
  const directory = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (directory >= 0 && directory + 22 <= tail.length) {
    if (directory + 22 + tail.readUInt16LE(directory + 20) === tail.length) {
      return `is ${TYPES[type].what}, and a zip file as well: that begins from the end`;
    }
  }
  const ending = ENDINGS[type];
  if (ending === undefined || tail.subarray(-ending.length).equals(ending)) return undefined;
  return `is ${TYPES[type].what}, and goes on behind its end`;
}

async function gzip(
  source: Source,
  head: Buffer,
  file: string,
  options: InspectOptions,
  depth: number,
): Promise<void> {
  // The name and the comment in its header; whatever else these bytes hold matches by no chance worth a word.
  scanNames(head.subarray(0, KIB), file, 'in its header', options);
  const { isAll } = await decompress('gzip', source, (chunks, read) =>
    inspect(expanding(chunks, read, options.budget), `${file}!`, options, depth + 1),
  );
  if (!isAll) {
    options.report({ rule: 'polyglot', file, what: 'there is something behind the end of the gzip file' });
  }
}

async function tar(source: Source, file: string, options: InspectOptions, depth: number): Promise<void> {
  for await (const { name, header, content } of tarMembers(source)) {
    const place = memberPlace(file, name);
    countMember(options.budget);
    scanNames(header, place, 'in its header', options);
    await inspect(content, place, options, depth + 1);
    await drain(content);
  }
}

async function zip(source: Source, file: string, options: InspectOptions, depth: number): Promise<void> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > ZIP_BYTES_MAX)
      throw new ArchiveError(
        `it is larger than ${ZIP_BYTES_MAX} bytes, the most that a zip file may have here`,
      );
    parts.push(chunk);
  }
  const bytes = Buffer.concat(parts);
  const { comment, members } = zipMembers(bytes);
  scanNames(comment, file, 'in its comment', options);
  for (const { name, header, content } of members) {
    const place = memberPlace(file, name);
    countMember(options.budget);
    scanNames(header, place, 'in its header', options);
    // Of all of it: a member of a small zip file may be small itself.
    await inspect(
      expanding(content(), () => size, options.budget),
      place,
      options,
      depth + 1,
    );
  }
}

function memberPlace(file: string, name: string): string {
  const shown = name.replaceAll(/[^\x20-\x7e]/g, '·').slice(0, SHOWN_NAME_MAX);
  return file.endsWith('!') ? `${file}/${shown}` : `${file}!/${shown}`;
}

function countMember(budget: Budget): void {
  budget.members -= 1;
  if (budget.members < 0) throw new ArchiveError(`the archives have more than ${MEMBERS_MAX} entries`);
}

/** Refuses what becomes too large, all in all or for what it came from. */
async function* expanding(source: Source, packed: () => number, budget: Budget): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    budget.expanded -= chunk.length;
    if (budget.expanded < 0)
      throw new ArchiveError(`the archives unpack to more than ${EXPANDED_BYTES_MAX} bytes`);
    if (size > MIB && size > EXPANSION_MAX * packed()) {
      throw new ArchiveError(`it unpacks to more than ${EXPANSION_MAX} times its size`);
    }
    yield chunk;
  }
}

/** Names, comments and headers: text between zeros. Where they stand is not told. */
function scanNames(bytes: Buffer, file: string, where: string, { detectors, report }: InspectOptions): void {
  const scanner = new TextScanner(detectors, { file, lines: false }, ({ rule, what, excerpt }) =>
    report({ rule, file, what: `${what} ${where}`, ...(excerpt === undefined ? {} : { excerpt }) }),
  );
  scanner.push(bytes.toString('latin1').replaceAll('\0', '\n'));
  scanner.end();
}

/** In portions, each in a turn of the event loop: whoever waits for the region does not wait for a check. */
async function* inTurns(source: Source): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += TURN_BYTES) {
      yield chunk.subarray(at, at + TURN_BYTES);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function drain(source: Source): Promise<void> {
  for await (const _ of source);
}

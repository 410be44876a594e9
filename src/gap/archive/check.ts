/**
 * Looks into an archive that comes in, of a form that will be unpacked somewhere: npm packages, Debian packages, layers of OCI images, base images. Nothing is written, and memory
 * does not grow with it but for names. What is compressed with xz or bzip2 is not opened here: Node has neither.
 */

import { arMembers } from './ar.ts';
import { ArchiveError } from './archive-error.ts';
import { decompress, formOf } from './decompress.ts';
import { EXPANSION_FREE_BYTES, EXPANSION_MAX, UNPACKED_BYTES_MAX } from './limits.ts';
import { shown } from './names.ts';
import { checkTree, TREES, type TreeKind } from './tree.ts';

export type ArchiveKind = keyof typeof TREES;

export interface Looked {
  /** Entries of all that was opened. */
  readonly members: number;
  /** False: part of it, or all, is in a form that nothing here opens. */
  readonly isOpened: boolean;
}

type Source = AsyncIterable<Buffer>;

/** Reads the source to its end. Throws ArchiveError that says what is wrong, and what the source throws. */
export const checkArchive = (source: Source, kind: ArchiveKind): Promise<Looked> =>
  kind === 'debian' ? checkDebian(source) : checkTar(source, TREES[kind]);

const HEAD_BYTES = 6;

async function checkTar(source: Source, kind: TreeKind): Promise<Looked> {
  const { head, whole } = await withHead(source);
  const form = formOf(head);
  if (form === 'xz' || form === 'bzip2') {
    for await (const _ of whole);
    return { members: 0, isOpened: false };
  }
  if (form === 'plain') return { members: await checkTree(whole, kind), isOpened: true };
  let members = 0;
  const { isAll } = await decompress(form, whole, async (chunks, read) => {
    members = await checkTree(bounded(chunks, read), kind);
  });
  if (!isAll) throw new ArchiveError('there is something behind its end');
  return { members, isOpened: true };
}

/** deb(5): the version, control, data, in this order. Signatures of makers are passed over, as dpkg does. */
async function checkDebian(source: Source): Promise<Looked> {
  const wanted = [/^debian-binary$/, /^control\.tar(?:\.[a-z0-9]+)?$/, /^data\.tar(?:\.[a-z0-9]+)?$/];
  let [members, isOpened] = [0, true];
  for await (const { name, content } of arMembers(source)) {
    if (/^_gpg[a-z]*$/.test(name) && wanted.length < 3) {
      for await (const _ of content);
      continue;
    }
    const isFirst = wanted.length === 3;
    if (wanted.shift()?.test(name) !== true)
      throw new ArchiveError(`${shown(name)} is not what belongs there in a Debian package`);
    if (isFirst) await requireVersion(content);
    else {
      const looked = await named(name, () => checkTar(content, TREES.debian));
      members += looked.members;
      isOpened &&= looked.isOpened;
    }
  }
  if (wanted.length > 0) throw new ArchiveError('it breaks off before its data');
  return { members, isOpened };
}

async function requireVersion(content: Source): Promise<void> {
  let text = '';
  for await (const chunk of content) text = `${text}${chunk.toString('latin1', 0, 8)}`.slice(0, 8);
  if (!/^2\.[0-9]+\n/.test(text)) throw new ArchiveError('it is a Debian package of another form');
}

async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ArchiveError ? new ArchiveError(`${name}: ${error.message}`) : error;
  }
}

async function* bounded(chunks: Source, read: () => number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > UNPACKED_BYTES_MAX)
      throw new ArchiveError(`it unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
    if (size > EXPANSION_FREE_BYTES && size > EXPANSION_MAX * read())
      throw new ArchiveError(`it unpacks to more than ${EXPANSION_MAX} times its size`);
    yield chunk;
  }
}

/** The first bytes, and then everything. */
async function withHead(source: Source): Promise<{ readonly head: Buffer; readonly whole: Source }> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(first);
  async function* whole() {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return { head, whole: whole() };
}

/**
 * Looks into an archive that comes in, of a form that will be unpacked somewhere: npm packages, Debian packages, layers of OCI images, base images. Nothing is written, and memory
 * does not grow with it but for names and xz's dictionary. What is compressed in a way that is not opened here is refused.
 */

import { arMembers } from './ar.ts';
import { ArchiveError } from './archive-error.ts';
import { type Compression, decompress, FORM_BYTES, formOf } from './decompress.ts';
import { EXPANSION_FREE_BYTES, EXPANSION_MAX, UNPACKED_BYTES_MAX } from './limits.ts';
import { shown } from './names.ts';
import { checkTree, TREES, type TreeKind } from './tree.ts';
import { withHead } from './with-head.ts';
import { unpackXz } from './xz/xz.ts';

export type ArchiveKind = keyof typeof TREES;

type Source = AsyncIterable<Buffer>;

/** Reads the source to its end; gives the entries of all that is in it. Throws ArchiveError that says what is wrong, and what the source throws. */
export const checkArchive = (source: Source, kind: ArchiveKind): Promise<number> =>
  kind === 'debian' ? checkDebian(source) : checkTar(source, TREES[kind]);

async function checkTar(source: Source, kind: TreeKind): Promise<number> {
  const { head, whole } = await withHead(source, FORM_BYTES);
  const form = formOf(head);
  if (form === 'plain') return checkTree(whole, kind);
  if (form === 'xz') return checkXz(whole, kind);
  if (form === 'bzip2')
    throw new ArchiveError('it is packed with bzip2, which is not opened here: gzip, xz and zstd are');
  return checkPacked(form, whole, kind);
}

async function checkPacked(form: Compression, source: Source, kind: TreeKind): Promise<number> {
  let members = 0;
  const { isAll } = await decompress(form, source, async (chunks, read) => {
    members = await checkTree(bounded(chunks, read), kind);
  });
  if (!isAll) throw new ArchiveError('there is something behind its end');
  return members;
}

async function checkXz(source: Source, kind: TreeKind): Promise<number> {
  let read = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      read += chunk.length;
      yield chunk;
    }
  }
  return checkTree(
    bounded(unpackXz(counted()), () => read),
    kind,
  );
}

/** deb(5): the version, control, data, in this order. Signatures of makers are passed over, as dpkg does. */
async function checkDebian(source: Source): Promise<number> {
  const wanted = [/^debian-binary$/, /^control\.tar(?:\.[a-z0-9]+)?$/, /^data\.tar(?:\.[a-z0-9]+)?$/];
  let members = 0;
  for await (const { name, content } of arMembers(source)) {
    if (/^_gpg[a-z]*$/.test(name) && wanted.length < 3) {
      for await (const _ of content);
      continue;
    }
    const isFirst = wanted.length === 3;
    if (wanted.shift()?.test(name) !== true)
      throw new ArchiveError(`${shown(name)} is not what belongs there in a Debian package`);
    if (isFirst) await requireVersion(content);
    else members += await named(name, () => checkTar(content, TREES.debian));
  }
  if (wanted.length > 0) throw new ArchiveError('it breaks off before its data');
  return members;
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

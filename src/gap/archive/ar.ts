/** Reads the outer form of a Debian package as it arrives (ar(5), deb(5)). Memory is one header. */
import { ArchiveError } from './archive-error.ts';
import { ByteReader } from './byte-reader.ts';
import { AR_MEMBERS_MAX } from './limits.ts';
import { shown } from './names.ts';

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
const HEADER_END = '`\n';

export interface ArMember {
  readonly name: string;
  readonly size: number;
  readonly content: AsyncIterable<Buffer>;
}

/** Gives members in order; each must be read to its end before the next. Throws ArchiveError. */
export async function* arMembers(source: AsyncIterable<Buffer>): AsyncGenerator<ArMember> {
  const reader = new ByteReader(source);
  const magic = await reader.take(MAGIC.length);
  if (magic?.toString('latin1') !== MAGIC) throw new ArchiveError('it is no Debian package');
  for (let count = 0; ; count++) {
    const first = await reader.some(1);
    if (first === undefined) return;
    if (count >= AR_MEMBERS_MAX) throw new ArchiveError(`it has more than ${AR_MEMBERS_MAX} members`);
    const rest = await reader.take(HEADER_BYTES - 1);
    if (rest === undefined) throw new ArchiveError('it breaks off, or there is something behind its end');
    const header = Buffer.concat([first, rest]).toString('latin1');
    const name = header.slice(0, 16).trimEnd().replace(/\/$/, '');
    const digits = header.slice(48, 58).trimEnd();
    if (!header.endsWith(HEADER_END) || !/^[0-9]{1,10}$/.test(digits))
      throw new ArchiveError(`the header before byte ${reader.offset} is none`);
    // Names of other forms of ar lead to a table of names: no Debian package has one.
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(name))
      throw new ArchiveError(`${shown(name)} is no name of a member`);
    const size = Number(digits);
    let read = 0;
    async function* content(): AsyncGenerator<Buffer> {
      while (read < size) {
        const chunk = await reader.some(size - read);
        if (chunk === undefined) throw new ArchiveError(`${shown(name)} breaks off`);
        read += chunk.length;
        yield chunk;
      }
    }
    yield { name, size, content: content() };
    if (read < size) throw new ArchiveError(`${shown(name)} was not read to its end`);
    if (size % 2 === 1 && (await reader.take(1))?.toString('latin1') !== '\n')
      throw new ArchiveError(`${shown(name)} does not end where it says`);
  }
}

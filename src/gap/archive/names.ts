/** Names of what is in an archive. Pure. */
import { ArchiveError } from './archive-error.ts';
import { NAME_BYTES_MAX } from './limits.ts';

export const shown = (name: string): string => JSON.stringify(name.slice(0, 200));

/** A name as everybody who unpacks it understands it: `./a//b/` is `a/b`. Throws ArchiveError for one that leads out of where it is unpacked. */
export function plainName(name: string): string {
  if (name.length > NAME_BYTES_MAX)
    throw new ArchiveError(`${shown(name)} is longer than ${NAME_BYTES_MAX} bytes`);
  if (name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name))
    throw new ArchiveError(`${shown(name)} is no name below where it is unpacked`);
  if (name.includes('\0')) throw new ArchiveError(`${shown(name)} has a zero in it`);
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw new ArchiveError(`${shown(name)} leads out of where it is unpacked`);
  return segments.join('/');
}

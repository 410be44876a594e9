/**
 * What a tar file would put on a disk, judged entry by entry as it arrives, by what it is for: nothing leads out of where it is unpacked, by its name or by a link before it, and
 * there is nothing in it that its kind has no use for.
 */
import { ArchiveError } from './archive-error.ts';
import { MEMBERS_MAX, NAMES_KEPT_MAX } from './limits.ts';
import { plainName, shown } from './names.ts';
import { ALL_TYPES, type TarMember, tarMembers } from './tar.ts';

export interface TreeKind {
  readonly links: boolean;
  /** The one folder in which devices and pipes may be; none without. */
  readonly devices?: string;
  /** Whether files named `.wh.…` take something away. */
  readonly whiteouts: boolean;
  /** Whether a file may be in it twice: the last one counts. */
  readonly repeats: boolean;
}

/** npm unpacks no links; dpkg replaces file by file what was there; a layer is unpacked over others; an image is a machine's own root, in a folder of its own. */
export const TREES = {
  npm: { links: false, whiteouts: false, repeats: false },
  debian: { links: true, whiteouts: false, repeats: false },
  layer: { links: true, devices: 'dev/', whiteouts: true, repeats: true },
  image: { links: true, devices: 'rootfs/dev/', whiteouts: false, repeats: false },
} as const satisfies Readonly<Record<string, TreeKind>>;

const WHITEOUT = '.wh.';
/** Of the OCI image specification: everything below is taken away. */
const OPAQUE = '.wh..wh..opq';

/** How many entries it has. Throws ArchiveError that names the entry. */
export async function checkTree(source: AsyncIterable<Buffer>, kind: TreeKind): Promise<number> {
  const tree = new Tree(kind);
  let members = 0;
  for await (const member of tarMembers(source, ALL_TYPES)) {
    members += 1;
    if (members > MEMBERS_MAX) throw new ArchiveError(`it has more than ${MEMBERS_MAX} entries`);
    tree.take(member);
    for await (const _ of member.content);
  }
  return members;
}

class Tree {
  readonly #kind: TreeKind;
  readonly #files = new Set<string>();
  readonly #links = new Set<string>();
  #kept = 0;

  constructor(kind: TreeKind) {
    this.#kind = kind;
  }

  take({ name: given, type, link, size }: TarMember): void {
    const name = plainName(given);
    if (name === '' && type !== '5') throw new ArchiveError(`${shown(given)} has no name`);
    this.#requireNoLinkAbove(name);
    // A folder in place of a link would be what the link leads to.
    if (this.#links.has(name)) throw new ArchiveError(`${shown(name)} is in it twice, once as a link`);
    if (type === '5') return;
    if (!this.#kind.repeats) {
      if (this.#files.has(name)) throw new ArchiveError(`${shown(name)} is in it twice`);
      this.#keep(this.#files, name);
    }
    if (type === '1' || type === '2') this.#takeLink(name, type, link);
    else if (type !== '0' && !(this.#kind.devices !== undefined && name.startsWith(this.#kind.devices)))
      throw new ArchiveError(`${shown(name)} is a device or a pipe`);
    if (this.#kind.whiteouts) requireWhiteout(name, type === '0' && size === 0);
  }

  #takeLink(name: string, type: string, link: string): void {
    if (!this.#kind.links) throw new ArchiveError(`${shown(name)} is a link`);
    // A symbolic link may say anything: where it is unpacked is a root of its own. What matters is that nothing is put through it.
    if (type === '1') this.#requireNoLinkAbove(plainName(link));
    this.#keep(this.#links, name);
  }

  #requireNoLinkAbove(name: string): void {
    if (this.#links.size === 0) return;
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      const above = name.slice(0, at);
      if (this.#links.has(above))
        throw new ArchiveError(`${shown(name)} leads through ${shown(above)}, a link`);
    }
  }

  #keep(names: Set<string>, name: string): void {
    this.#kept += name.length;
    if (this.#kept > NAMES_KEPT_MAX)
      throw new ArchiveError(`its names have more than ${NAMES_KEPT_MAX} characters`);
    names.add(name);
  }
}

function requireWhiteout(name: string, isEmptyFile: boolean): void {
  const own = name.slice(name.lastIndexOf('/') + 1);
  if (!own.startsWith(WHITEOUT)) return;
  const taken = own.slice(WHITEOUT.length);
  const isOdd = ['', '.', '..'].includes(taken) || taken.startsWith(WHITEOUT);
  if (!isEmptyFile || (isOdd && own !== OPAQUE))
    throw new ArchiveError(`${shown(name)} takes nothing away that could be there`);
}

/**
 * What is installed on a Debian file system, from the text of `/var/lib/dpkg/status` and `/etc/os-release`; nothing is run there. Advisories speak
 * of source packages, so binaries are gathered under theirs: `Source: foo (1.2-3)` where name or version differ. Pure; the text may come
 * from a tenant's machine, so whatever stands in it is only ever data.
 */
import type { InstalledPackage, Inventory, Unidentified } from '../model.ts';
import { AdvisoryError } from '../problem.ts';
import { debianPurl } from '../purl.ts';
import { parseDebianVersion } from '../versions/debian.ts';
import { codeNameOf, UNSTABLE } from './debian-releases.ts';

export const STATUS_PATH = '/var/lib/dpkg/status';
export const OS_RELEASE_PATH = '/etc/os-release';
export const STATUS_BYTES_MAX = 32 * 1024 * 1024;
export const OS_RELEASE_BYTES_MAX = 64 * 1024;
const PACKAGES_MAX = 50_000;
const UNIDENTIFIED_MAX = 100;
const BINARIES_MAX = 1_000;

/** dpkg's words for a package of which no files are left. */
const GONE: readonly string[] = ['not-installed', 'config-files'];
const NAME = /^[a-z0-9][a-z0-9+.-]{0,127}$/;

/** Throws an AdvisoryError when it is no list of packages, or not Debian's. */
export function debianInventory(status: string, osRelease: string): Inventory {
  const release = releaseOf(osRelease);
  const found = new Map<string, InstalledPackage & { readonly binaries: string[] }>();
  const unidentified: Unidentified[] = [];
  let count = 0;
  for (const stanza of stanzas(status)) {
    if (GONE.includes(stanza.Status?.split(' ')[2] ?? 'not-installed')) continue;
    if (++count > PACKAGES_MAX) {
      throw new AdvisoryError(
        'TooLarge',
        `${STATUS_PATH} has more than ${PACKAGES_MAX} packages, which no machine has`,
      );
    }
    const source = sourceOf(stanza);
    if (source === undefined) {
      const why = 'its name or version in dpkg’s status is not one';
      if (unidentified.length < UNIDENTIFIED_MAX)
        unidentified.push({ name: stanza.Package?.slice(0, 128) ?? '?', why });
      continue;
    }
    const key = `${source.name} ${source.version}`;
    const known = found.get(key);
    if (!known) {
      const { name, version, binary } = source;
      found.set(key, {
        ecosystem: 'debian',
        name,
        version,
        purl: debianPurl(name, version),
        binaries: [binary],
      });
    } else if (known.binaries.length < BINARIES_MAX && !known.binaries.includes(source.binary)) {
      known.binaries.push(source.binary);
    }
  }
  if (count === 0) {
    throw new AdvisoryError(
      'Malformed',
      `${STATUS_PATH} names no installed package, so it is no list of dpkg’s`,
    );
  }
  const packages = [...found.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
  return { ...(release === undefined ? {} : { release }), packages, unidentified };
}

type Stanza = Readonly<Partial<Record<'Package' | 'Status' | 'Version' | 'Source', string>>>;

const FIELD = /^(Package|Status|Version|Source):[ \t]*(.*)$/;

/** Only the four fields that count; of a field that comes twice the first one. */
function* stanzas(text: string): Generator<Stanza> {
  let stanza: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (stanza.Package !== undefined) yield stanza;
      stanza = {};
      continue;
    }
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name !== undefined && value !== undefined) stanza[name] ??= value.trim();
  }
  if (stanza.Package !== undefined) yield stanza;
}

function sourceOf(stanza: Stanza): { name: string; version: string; binary: string } | undefined {
  const { Package: binary = '', Version: own = '', Source: source = '' } = stanza;
  const [, name = binary, given] = /^(\S+)(?:\s+\((\S+)\))?$/.exec(source) ?? [];
  // A binary rebuilt without a change of its source is called `…+b1`; its source is what it was.
  const version = given ?? own.replace(/\+b\d+$/, '');
  const isSound = NAME.test(binary) && NAME.test(name) && parseDebianVersion(version) !== undefined;
  return isSound ? { name, version, binary } : undefined;
}

/** Undefined when Debian does not say which release it is. */
function releaseOf(osRelease: string): string | undefined {
  const fields = new Map<string, string>();
  for (const line of osRelease.split('\n')) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value.replaceAll(/^["']|["']$/g, ''));
  }
  const id = fields.get('ID') ?? 'nothing';
  if (id !== 'debian') {
    throw new AdvisoryError(
      'Unsupported',
      `it runs ${JSON.stringify(id.slice(0, 40))}, of which no advisories are read; Debian’s are`,
    );
  }
  const codeName = fields.get('VERSION_CODENAME');
  // Testing and unstable have no number.
  const number = fields.get('VERSION_ID');
  return (
    codeNameOf(codeName ?? number ?? '') ??
    (number === undefined && codeName === undefined ? UNSTABLE : undefined)
  );
}

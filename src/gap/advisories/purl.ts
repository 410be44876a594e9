/** Package URLs (ECMA-427): what names a package in an SBOM and in a VEX statement, and what we look it up by. */
import { PackageURL } from 'packageurl-js';
import type { InstalledPackage } from './model.ts';
import { invalid, type Place, shown } from './problem.ts';

export interface Purl {
  readonly type: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly version: string | undefined;
  readonly qualifiers: Readonly<Record<string, string>>;
}

/** Throws an AdvisoryError that names the field. */
export function parsePurl(place: Place, field: string, text: string): Purl {
  try {
    const { type, namespace, name, version, qualifiers } = PackageURL.fromString(text);
    if (!type || !name) throw new Error('it has no type or no name');
    return {
      type,
      namespace: namespace ?? undefined,
      name,
      version: version ?? undefined,
      qualifiers: Object.fromEntries(
        Object.entries(qualifiers ?? {}).map(([key, value]) => [key, String(value)]),
      ),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(place, field, `is ${shown(text)}, which is no package URL: ${why}`);
  }
}

export const debianPurl = (name: string, version: string): string =>
  new PackageURL('deb', 'debian', name, version, { arch: 'source' }, undefined).toString();

export function npmPurl(name: string, version: string): string {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1;
  const [scope, rest] = slash < 0 ? [undefined, name] : [name.slice(0, slash), name.slice(slash + 1)];
  return new PackageURL('npm', scope, rest, version, undefined, undefined).toString();
}

/** The same of a name from outside: throws an AdvisoryError where it is no package's. */
export function npmPurlAt(place: Place, field: string, name: string, version: string): string {
  try {
    return npmPurl(name, version);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(place, field, `is ${shown(name)}, which no package is called: ${why}`);
  }
}

/** `openssl` of Debian, `@scope/name` of npm. */
export const fullName = ({ namespace, name, type }: Purl): string =>
  type === 'npm' && namespace !== undefined ? `${namespace}/${name}` : name;

/** Whether a statement about `said` is about this package: it, any version of it where it names none, or a binary package of it. */
export function isAbout(said: Purl, installed: InstalledPackage): boolean {
  const type = installed.ecosystem === 'debian' ? 'deb' : 'npm';
  if (said.type !== type || (type === 'deb' && said.namespace !== 'debian')) return false;
  const name = fullName(said);
  if (name !== installed.name && !installed.binaries?.includes(name)) return false;
  return said.version === undefined || said.version === installed.version;
}

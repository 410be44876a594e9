/** The two indexes of an apt repository: `Packages`, of stanzas as Debian signed them, and `Release` over it. Pure. */

/** The fields of a stanza that stand in one line. */
export function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const [, name, value] = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value.trim());
  }
  return fields;
}

/** Debian Policy 5.6.1: `Source: NAME (VERSION)`, where either differs from the binary package's. */
export function sourceOf(fields: ReadonlyMap<string, string>, name: string, version: string) {
  const [, source = name, sourceVersion = version] =
    /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(fields.get('Source') ?? name) ?? [];
  return { source, sourceVersion };
}

export const packagesText = (stanzas: readonly string[]): string => `${[...stanzas].sort().join('\n\n')}\n`;

export interface Release {
  readonly suite: string;
  readonly version: string;
  /** RFC 3339. */
  readonly created: string;
  readonly architectures: readonly string[];
  readonly component: string;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly size: number }[];
}

export const releaseText = ({ suite, version, created, architectures, component, files }: Release): string =>
  [
    'Origin: Casemate',
    `Label: ${suite}`,
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    `Version: ${version}`,
    // RFC 2822 in UTC, as apt reads it.
    `Date: ${new Date(created).toUTCString().replace('GMT', 'UTC')}`,
    `Architectures: ${architectures.join(' ')}`,
    `Components: ${component}`,
    'SHA256:',
    ...files.map(({ path, sha256, size }) => ` ${sha256} ${size} ${path}`),
    '',
  ].join('\n');

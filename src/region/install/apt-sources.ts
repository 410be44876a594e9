/**
 * Reads apt's sources (deb822 and one-line forms, see sources.list(5)) to learn which mirror this machine already
 * uses, and writes the one source we add: the backports suite of that same mirror. Pure: text in, text out.
 */

export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** A keyring's path, or nothing where apt's own trusted keys sign it. */
  readonly signedBy: string | undefined;
}

/** Parses one file of apt sources; `name` decides the form, as apt itself does. */
export function parseAptSources(name: string, text: string): AptSource[] {
  return name.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text);
}

function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    let current = '';
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#') || line.trim() === '') continue;
      const match = /^([A-Za-z-]+):(.*)$/.exec(line);
      if (match?.[1]) {
        current = match[1].toLowerCase();
        fields.set(current, (match[2] ?? '').trim());
      } else if (/^\s/.test(line)) {
        fields.set(current, `${fields.get(current) ?? ''}\n${line.trim()}`);
      }
    }
    const words = (field: string) => (fields.get(field) ?? '').split(/\s+/).filter((word) => word !== '');
    if (/^(no|false|0|off|disable)$/i.test(fields.get('enabled') ?? 'yes')) continue;
    if (!words('types').includes('deb')) continue;
    const signedBy = fields.get('signed-by')?.trim();
    for (const uri of words('uris')) {
      for (const suite of words('suites')) {
        // A key written into the file itself cannot be named by path; apt then finds it in its own stanza only.
        const keyring = signedBy?.startsWith('/') ? signedBy : undefined;
        sources.push({ uri, suite, components: words('components'), signedBy: keyring });
      }
    }
  }
  return sources;
}

function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1];
    sources.push({ uri, suite, components: components.trim().split(/\s+/).filter(Boolean), signedBy });
  }
  return sources;
}

/**
 * The source to add so that `<codename>-backports` can be installed from: the mirror, and the key, that `<codename>`
 * itself comes from. Undefined when it is there already.
 */
export function backportsSource(
  sources: readonly AptSource[],
  codename: string,
): AptSource | undefined | 'no-mirror' {
  const suite = `${codename}-backports`;
  if (sources.some((source) => source.suite === suite && source.components.includes('main')))
    return undefined;
  const base = sources.find((source) => source.suite === codename && source.components.includes('main'));
  if (base === undefined) return 'no-mirror';
  return { uri: base.uri, suite, components: ['main'], signedBy: base.signedBy };
}

/** The text of a deb822 `.sources` file with one source. */
export function formatDeb822(source: AptSource, comment: string): string {
  return [
    `# ${comment}`,
    'Types: deb',
    `URIs: ${source.uri}`,
    `Suites: ${source.suite}`,
    `Components: ${source.components.join(' ')}`,
    ...(source.signedBy === undefined ? [] : [`Signed-By: ${source.signedBy}`]),
    '',
  ].join('\n');
}

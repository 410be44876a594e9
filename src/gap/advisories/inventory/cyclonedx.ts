/**
 * What an SBOM says is in a thing: CycloneDX 1.4 to 1.6 as JSON (ECMA-424). A component is looked up by its package URL; `upstream` of a Debian
 * one names the source package. Components without one are kept apart, for a policy to judge. Pure.
 */
import { type Fields, fieldsOf, isFields, listOf, optionalText, textOf, wordOf } from '../fields.ts';
import type { InstalledPackage, Inventory, Unidentified } from '../model.ts';
import { AdvisoryError, invalid, type Place, shown } from '../problem.ts';
import { debianPurl, fullName, npmPurl, type Purl, parsePurl } from '../purl.ts';
import { codeNameOf } from './debian-releases.ts';

const COMPONENTS_MAX = 100_000;
const NESTING_MAX = 16;
const LICENCES_MAX = 100;
export const SBOM_BYTES_MAX = 128 * 1024 * 1024;
/** Sorts of component that are no package to look up. */
const NO_PACKAGE: readonly unknown[] = ['file', 'operating-system', 'data', 'device', 'cryptographic-asset'];

/** Throws an AdvisoryError that names the component and the field. */
export function sbomInventory(text: string): Inventory {
  if (text.length > SBOM_BYTES_MAX) {
    throw new AdvisoryError('TooLarge', `the SBOM has more than ${SBOM_BYTES_MAX} bytes`);
  }
  const place: Place = { source: 'sbom', entry: 'the document' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new AdvisoryError(
      'Malformed',
      `sbom: the document is no JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  const document = fieldsOf(place, 'the document', parsed);
  wordOf(place, 'bomFormat', document.bomFormat, ['CycloneDX']);
  wordOf(place, 'specVersion', document.specVersion, ['1.4', '1.5', '1.6']);
  const metadata = document.metadata === undefined ? {} : fieldsOf(place, 'metadata', document.metadata);
  const subject =
    metadata.component === undefined ? {} : fieldsOf(place, 'metadata.component', metadata.component);
  const purl = optionalText(place, 'metadata.component.purl', subject.purl);
  if (purl !== undefined) parsePurl(place, 'metadata.component.purl', purl);
  const found = new Found();
  gather(listOf(place, 'components', document.components, COMPONENTS_MAX), 'components', 1, found);
  return {
    ...(purl === undefined ? {} : { purl }),
    ...(found.release === undefined ? {} : { release: found.release }),
    packages: [...found.packages.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1)),
    unidentified: found.unidentified,
  };
}

class Found {
  readonly packages = new Map<string, InstalledPackage>();
  readonly unidentified: Unidentified[] = [];
  release: string | undefined;
  count = 0;
}

function gather(components: readonly unknown[], field: string, nesting: number, found: Found): void {
  if (nesting > NESTING_MAX)
    throw new AdvisoryError('TooLarge', `sbom: components are nested more than ${NESTING_MAX} deep`);
  for (const [index, value] of components.entries()) {
    if (++found.count > COMPONENTS_MAX)
      throw new AdvisoryError('TooLarge', `sbom: there are more than ${COMPONENTS_MAX} components`);
    const at = `${field}[${index}]`;
    const unnamed: Place = { source: 'sbom', entry: at };
    const component = fieldsOf(unnamed, 'the component', value);
    const name = textOf(unnamed, 'name', component.name);
    const place: Place = { source: 'sbom', entry: `${at} ${name}` };
    take(place, component, name, found);
    gather(
      listOf(place, 'components', component.components, COMPONENTS_MAX),
      `${at}.components`,
      nesting + 1,
      found,
    );
  }
}

function take(place: Place, component: Fields, name: string, found: Found): void {
  const text = optionalText(place, 'purl', component.purl, 2_048);
  const licence = licenceOf(place, component);
  if (text === undefined) {
    if (NO_PACKAGE.includes(component.type)) return;
    found.unidentified.push({ name, why: 'it has no package URL (purl)' });
    return;
  }
  const purl = parsePurl(place, 'purl', text);
  const version = purl.version ?? optionalText(place, 'version', component.version);
  if (version === undefined) {
    found.unidentified.push({ name: text, why: 'it has no version' });
    return;
  }
  const more = licence === undefined ? {} : { licence };
  if (purl.type === 'npm') {
    const full = fullName(purl);
    add(found, { ecosystem: 'npm', name: full, version, purl: npmPurl(full, version), ...more });
  } else if (purl.type === 'deb' && purl.namespace === 'debian') {
    found.release = sameRelease(place, purl, found.release);
    const [source, sourceVersion] = upstreamOf(place, purl, version);
    const full = debianPurl(source, sourceVersion);
    const binaries = [...new Set([...(found.packages.get(full)?.binaries ?? []), purl.name])];
    add(found, { ecosystem: 'debian', name: source, version: sourceVersion, purl: full, binaries, ...more });
  } else {
    found.unidentified.push({ name: text, why: 'there are no advisories for packages of this sort' });
  }
}

const add = (found: Found, one: InstalledPackage) => void found.packages.set(one.purl, one);

/** `upstream=glibc@2.36-9` of a binary; what was rebuilt as `+b1` has the source it had. */
function upstreamOf(place: Place, { name, qualifiers }: Purl, version: string): [string, string] {
  const own = version.replace(/\+b\d+$/, '');
  const { upstream } = qualifiers;
  if (upstream === undefined) return [name, own];
  const [, source, sourceVersion] = /^([a-z0-9][a-z0-9+.-]*)(?:@(\S+))?$/.exec(upstream) ?? [];
  if (source === undefined)
    throw invalid(
      place,
      'purl',
      `has upstream=${shown(upstream)}; it must be a source package, or NAME@VERSION`,
    );
  return [source, sourceVersion ?? own];
}

function sameRelease(place: Place, { qualifiers }: Purl, before: string | undefined): string | undefined {
  if (qualifiers.distro === undefined) return before;
  const release = codeNameOf(qualifiers.distro);
  if (release !== undefined && before !== undefined && release !== before) {
    throw invalid(
      place,
      'purl',
      `is of ${release}, but another component is of ${before}; an SBOM is of one release of Debian`,
    );
  }
  return release ?? before;
}

/** An SPDX expression: the one that is given, or all licences that are named together. */
function licenceOf(place: Place, component: Fields): string | undefined {
  const texts: string[] = [];
  for (const [index, one] of listOf(place, 'licenses', component.licenses, LICENCES_MAX).entries()) {
    const given = fieldsOf(place, `licenses[${index}]`, one);
    const inner = isFields(given.license) ? given.license : {};
    const text = optionalText(place, `licenses[${index}]`, given.expression ?? inner.id ?? inner.name, 1_024);
    if (text !== undefined) texts.push(text);
  }
  if (texts.length === 0) return undefined;
  return texts.length === 1
    ? texts[0]
    : texts.map((text) => (/ (OR|AND) /.test(text) ? `(${text})` : text)).join(' AND ');
}

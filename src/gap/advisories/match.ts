/**
 * Holds an inventory against advisories and VEX statements: what is found in it, what somebody says about that, and what to import next.
 */
import { type Assessment, assess, type Note } from './assess.ts';
import {
  type Advisory,
  type InstalledPackage,
  type Inventory,
  type PackageFacts,
  packageKey,
  SEVERITIES,
  type Severity,
  type VexStatement,
} from './model.ts';
import { debianPurl, isAbout, npmPurl, parsePurl } from './purl.ts';
import type { AdvisoryLookup } from './store/store.ts';

export interface Finding {
  /** The vulnerability, by the name that most know: CVE where there is one. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  readonly summary: string;
  readonly package: InstalledPackage;
  /** `undetermined`: nobody said, or nobody can tell. */
  readonly state: 'affected' | 'undetermined';
  readonly note?: Note;
  readonly detail?: string;
  readonly fixedIn?: string;
  /** What to bring into the region next: the package at its fixed version, as a package URL. */
  readonly import?: string;
  /** The newest statement about it. */
  readonly vex?: VexStatement;
  /** False: a VEX statement says that nothing is to be done. */
  readonly isOpen: boolean;
}

/** Some milliseconds' work. */
const PACKAGES_AT_ONCE = 16;

/** Findings of one inventory: the worst first, then by name. Throws what the lookup throws. */
export async function match(inventory: Inventory, lookup: AdvisoryLookup): Promise<Finding[]> {
  const findings: Finding[] = [];
  // In the order of keys, so that each block of the data is read once.
  const inOrder = inventory.packages
    .map((installed) => ({ key: packageKey(installed.ecosystem, installed.name), installed }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const [index, { key, installed }] of inOrder.entries()) {
    // Others want to be answered meanwhile.
    if (index % PACKAGES_AT_ONCE === PACKAGES_AT_ONCE - 1)
      await new Promise((resolve) => setImmediate(resolve));
    const facts = await lookup.facts(key);
    if (facts) findings.push(...matchPackage(installed, facts, inventory));
  }
  return findings.toSorted(byWeight);
}

const rank = (severity: Severity) => SEVERITIES.indexOf(severity);

/** Open ones first, then what is surely affected, then by severity and name. */
export function byWeight(a: Finding, b: Finding): number {
  return (
    Number(b.isOpen) - Number(a.isOpen) ||
    rank(a.severity) - rank(b.severity) ||
    Number(b.state === 'affected') - Number(a.state === 'affected') ||
    compareText(a.package.purl, b.package.purl) ||
    compareText(a.id, b.id)
  );
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** What is found of one package. Pure. */
export function matchPackage(
  installed: InstalledPackage,
  facts: PackageFacts,
  inventory: Inventory,
): Finding[] {
  const hits: Hit[] = [];
  for (const advisory of facts.advisories) {
    const assessment = assess(advisory, installed, inventory.release);
    if (assessment.state !== 'not-affected') hits.push({ advisory, assessment });
  }
  return merged(hits).map(({ advisory, assessment }) => {
    const { id, aliases, summary } = advisory;
    const severity =
      installed.ecosystem === 'debian' && advisory.releases && inventory.release !== undefined
        ? (advisory.releases[inventory.release]?.severity ?? advisory.severity)
        : advisory.severity;
    const { state, fixedIn, note, detail } = assessment;
    const vex = statementOn([id, ...aliases], installed, facts.statements, inventory.purl);
    return {
      id,
      aliases,
      severity: severity === 'unknown' ? advisory.severity : severity,
      summary,
      package: installed,
      state,
      ...(note === undefined ? {} : { note }),
      ...(detail === undefined ? {} : { detail }),
      ...(fixedIn === undefined ? {} : { fixedIn, import: importOf(installed, fixedIn) }),
      ...(vex === undefined ? {} : { vex }),
      isOpen: vex?.status !== 'not_affected' && vex?.status !== 'fixed',
    };
  });
}

interface Hit {
  readonly advisory: Advisory;
  readonly assessment: Exclude<Assessment, { readonly state: 'not-affected' }>;
}

interface Group {
  readonly names: Set<string>;
  readonly hits: Hit[];
}

/** Sources that speak of the same vulnerability are one finding: the worse word counts, and a fix that any of them names. */
function merged(hits: readonly Hit[]): Hit[] {
  /** By every name of it: two that share a name are one group from then on. */
  const byName = new Map<string, Group>();
  for (const hit of hits) {
    const names = [hit.advisory.id, ...hit.advisory.aliases];
    const group: Group = { names: new Set(names), hits: [hit] };
    for (const other of new Set(names.map((name) => byName.get(name)))) {
      if (other === undefined) continue;
      for (const name of other.names) group.names.add(name);
      group.hits.unshift(...other.hits);
    }
    for (const name of group.names) byName.set(name, group);
  }
  return [...new Set(byName.values())].map(({ names, hits: all }) => {
    const [first, ...more] = all.toSorted((a, b) => Number(isCve(b)) - Number(isCve(a)));
    if (first === undefined || more.length === 0) return first as Hit;
    const id = first.advisory.id;
    const worst = [first, ...more].reduce((a, b) =>
      rank(b.advisory.severity) < rank(a.advisory.severity) ? b : a,
    );
    const affected = [first, ...more].filter(({ assessment }) => assessment.state === 'affected');
    const told = affected.find(({ assessment }) => assessment.fixedIn !== undefined) ?? affected[0] ?? first;
    const aliases = [...names].filter((name) => name !== id).sort();
    return {
      advisory: { ...first.advisory, aliases, severity: worst.advisory.severity },
      assessment: told.assessment,
    };
  });
}

const isCve = ({ advisory }: Hit) => advisory.id.startsWith('CVE-');

/** The newest statement on one of these vulnerabilities in this package, where it is. */
function statementOn(
  names: readonly string[],
  installed: InstalledPackage,
  statements: readonly VexStatement[],
  product: string | undefined,
): VexStatement | undefined {
  let newest: VexStatement | undefined;
  for (const statement of statements) {
    if (!statement.vulnerabilities.some((name) => names.includes(name))) continue;
    if (statement.within !== undefined && !isWithin(statement.within, product)) continue;
    if (!isAbout(parsePurl({ source: 'openvex', entry: statement.purl }, 'purl', statement.purl), installed))
      continue;
    if (!newest || Date.parse(statement.timestamp) >= Date.parse(newest.timestamp)) newest = statement;
  }
  return newest;
}

/** A product without a version stands for every version of it. */
const isWithin = (said: string, product: string | undefined): boolean =>
  product !== undefined && (product === said || product.replace(/@[^@/]*$/, '') === said);

const importOf = ({ ecosystem, name }: InstalledPackage, version: string): string =>
  ecosystem === 'debian' ? debianPurl(name, version) : npmPurl(name, version);

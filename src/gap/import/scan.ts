/**
 * What is in a verified bundle, by its own bills of materials, held against the advisories that the region has and its policy. VEX statements count: those of the
 * advisory data, and those that the bundle's signers made about an item. And what is in its archives.
 */
import { Type } from 'typebox';
import { sbomInventory } from '../advisories/inventory/cyclonedx.ts';
import { byWeight, type Finding, match } from '../advisories/match.ts';
import type { Inventory } from '../advisories/model.ts';
import { judge, type Policy } from '../advisories/policy.ts';
import { AdvisoryError } from '../advisories/problem.ts';
import type { AdvisorySource } from '../advisories/store/folder.ts';
import type { AdvisoryLookup } from '../advisories/store/store.ts';
import type { Item } from '../bundle/contents.ts';
import { type Descriptor, MEDIA } from '../bundle/descriptor.ts';
import { readerOf } from '../bundle/json.ts';
import type { BundleSource } from '../bundle/source.ts';
import {
  type ImportRefusal,
  REFUSALS_MAX,
  SCAN_FINDINGS_MAX,
  type ScanFinding,
  type ScanStatus,
} from './import-kind.ts';
import { scanArchives } from './scan-archives.ts';

export interface ScanOptions {
  readonly items: readonly Item[];
  /** Reads a statement of an item, checked against its digest. */
  readonly read: (descriptor: Descriptor, part: string) => Promise<Buffer>;
  /** Reads what is in it; without it archives are not looked into. */
  readonly pieces?: BundleSource['pieces'];
  readonly source: AdvisorySource;
  readonly policy: Policy;
}

export interface Scanned {
  readonly scan: ScanStatus;
  /** Empty: it may come in. */
  readonly refusals: readonly ImportRefusal[];
}

/** Throws BundleError for a statement that is not what it should be, AdvisoryError for advisory data that is damaged. */
export async function scanBundle(options: ScanOptions): Promise<Scanned> {
  const { scan, refusals } = await scanPackages(options);
  if (options.pieces === undefined) return { scan, refusals };
  const looked = await scanArchives(options.items, options.pieces);
  return {
    scan: { ...scan, archives: looked.archives },
    refusals: [...looked.refusals, ...refusals].slice(0, REFUSALS_MAX),
  };
}

async function scanPackages(options: ScanOptions): Promise<Scanned> {
  const data = await options.source.newest();
  if (data === undefined) return scanWith(options, undefined, undefined);
  const scanned = await options.source.use(data.digest, (lookup) => scanWith(options, lookup, data.asOf));
  // Replaced while we looked: once more, with the newest.
  return scanned ?? scanPackages(options);
}

async function scanWith(
  { items, read, policy }: ScanOptions,
  lookup: AdvisoryLookup | undefined,
  asOf: string | undefined,
): Promise<Scanned> {
  const refusals: ImportRefusal[] = [];
  const open: Record<string, number> = {};
  const all: { readonly item: string; readonly finding: Finding }[] = [];
  let [packages, unidentified, settled] = [0, 0, 0];
  for (const { path, statements } of items) {
    for (const descriptor of statements.filter(({ mediaType }) => mediaType === MEDIA.sbom)) {
      const part = `${path}: SBOM`;
      const inventory = inventoryOf(await read(descriptor, part));
      if (inventory instanceof AdvisoryError) {
        refusals.push({ reason: 'Malformed', part, message: inventory.message });
        continue;
      }
      packages += inventory.packages.length;
      unidentified += inventory.unidentified.length;
      const found = lookup === undefined ? [] : await match(inventory, lookup);
      const findings = withVex(found, await settledIn(path, statements, read));
      for (const finding of findings) {
        const { isOpen, severity } = finding;
        all.push({ item: path, finding });
        if (isOpen) open[severity] = (open[severity] ?? 0) + 1;
        else settled += 1;
      }
      for (const { package: name, rule, message } of judge(policy, inventory, findings)) {
        refusals.push({ reason: 'Policy', part: `${path}: ${name}`, message: `${rule}: ${message}` });
      }
    }
  }
  const message =
    asOf === undefined
      ? 'no advisory data was ever imported, so nothing was looked up: casemate advisories load'
      : `held against the advisories of ${asOf}`;
  const scan = {
    message,
    ...(asOf === undefined ? {} : { dataOf: asOf }),
    packages,
    unidentified,
    open,
    settled,
    ...(all.length === 0 ? {} : { findings: shownOf(all) }),
  };
  return { scan, refusals: refusals.slice(0, REFUSALS_MAX) };
}

const shownOf = (all: readonly { readonly item: string; readonly finding: Finding }[]): ScanFinding[] =>
  all
    .toSorted((a, b) => byWeight(a.finding, b.finding))
    .slice(0, SCAN_FINDINGS_MAX)
    .map(({ item, finding: { id, severity, package: installed, fixedIn, isOpen, vex } }) => ({
      id,
      severity,
      item,
      package: `${installed.name} ${installed.version}`,
      ...(fixedIn === undefined ? {} : { fixedIn }),
      open: isOpen,
      ...(vex === undefined ? {} : { vex: `${vex.author}: ${vex.status}` }),
    }));

function inventoryOf(bytes: Buffer): Inventory | AdvisoryError {
  try {
    return sbomInventory(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof AdvisoryError) return error;
    throw error;
  }
}

const readVex = readerOf(
  Type.Object({
    statements: Type.Array(
      Type.Object({ vulnerability: Type.Object({ name: Type.String() }), status: Type.String() }),
      { maxItems: 100_000 },
    ),
  }),
);

/** Vulnerabilities that the signers say do not matter in an item. */
async function settledIn(
  path: string,
  statements: readonly Descriptor[],
  read: ScanOptions['read'],
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const descriptor of statements.filter(({ mediaType }) => mediaType === MEDIA.vex)) {
    const part = `${path}: VEX`;
    for (const { vulnerability, status } of readVex(await read(descriptor, part), part).statements) {
      if (status === 'not_affected' || status === 'fixed') names.add(vulnerability.name);
      else names.delete(vulnerability.name);
    }
  }
  return names;
}

const withVex = (findings: readonly Finding[], settled: ReadonlySet<string>): Finding[] =>
  findings.map((finding) =>
    [finding.id, ...finding.aliases].some((name) => settled.has(name))
      ? { ...finding, isOpen: false }
      : finding,
  );

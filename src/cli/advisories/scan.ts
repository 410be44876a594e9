/** `casemate advisories scan`: holds an SBOM or a lock file against the region's newest data and a policy, as an import does. */
import { readFile, stat } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { SBOM_BYTES_MAX, sbomInventory } from '#gap/advisories/inventory/cyclonedx.ts';
import { npmLockInventory } from '#gap/advisories/inventory/npm-lock.ts';
import { type Finding, match } from '#gap/advisories/match.ts';
import { judge, parsePolicy } from '#gap/advisories/policy.ts';
import { FolderSource } from '#gap/advisories/store/folder.ts';
import type { DataOption } from '../region/commands.ts';
import { chosenRegion } from '../region/where.ts';
import { CliError, reporting } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';
import { alignRows } from '../resources/table.ts';

interface ScanOptions extends DataOption {
  readonly policy?: string;
  readonly output: 'table' | 'json';
}

const EXIT_REFUSED = 4;
const POLICY_BYTES_MAX = 1024 * 1024;

export const scan = reporting(async (file: string, options: ScanOptions) => {
  const text = await bounded(file, SBOM_BYTES_MAX);
  const inventory = /"lockfileVersion"\s*:/.test(text.slice(0, 4_096))
    ? npmLockInventory(text)
    : sbomInventory(text);
  const policy = parsePolicy(
    options.policy === undefined ? {} : parseYaml(await bounded(options.policy, POLICY_BYTES_MAX)),
  );
  const source = new FolderSource(chosenRegion(options.data).advisories);
  const data = await source.newest();
  const findings = data && (await source.use(data.digest, (lookup) => match(inventory, lookup)));
  if (!data || !findings)
    throw new CliError('there is no advisory data in this region: casemate advisories load');
  const refusals = judge(policy, inventory, findings);
  if (refusals.length > 0) process.exitCode = EXIT_REFUSED;
  if (options.output === 'json') {
    const { packages, unidentified } = inventory;
    printJson({ data, packages: packages.length, unidentified, findings, refusals });
    return;
  }
  printLines([
    `${inventory.packages.length} packages, ${inventory.unidentified.length} that cannot be looked up; advisories as of ${data.asOf}`,
    ...(findings.length === 0 ? ['Nothing is found.'] : alignRows([HEAD, ...findings.map(rowOf)])),
    ...(refusals.length === 0
      ? []
      : ['', 'Refused by the policy:', ...refusals.map(({ rule, message }) => `  ${rule}: ${message}`)]),
  ]);
});

const HEAD = ['ID', 'SEVERITY', 'PACKAGE', 'VERSION', 'STATE', 'IMPORT'];
const rowOf = ({
  id,
  severity,
  package: installed,
  state,
  note,
  isOpen,
  vex,
  ...more
}: Finding): string[] => [
  id,
  severity,
  installed.name,
  installed.version,
  isOpen ? (note ?? state) : (vex?.status ?? state),
  more.import ?? '',
];

async function bounded(file: string, bytes_max: number): Promise<string> {
  if ((await stat(file)).size > bytes_max) throw new CliError(`${file} has more than ${bytes_max} bytes`);
  return readFile(file, 'utf8');
}

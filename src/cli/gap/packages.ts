/** `casemate gap packages`: what the region's mirror gives to instances, and where each package came from. On the region's machine, by whoever owns it. */
import { gapFolders } from '#gap/import/folders.ts';
import { type PackageOrigin, packagesOf } from '#gap/mirror/origins.ts';
import { EMPTY_TREE, mirrorFolders, readTree } from '#gap/mirror/tree.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import type { DataOption } from '../region/commands.ts';
import { regionHere } from '../region/where.ts';
import { CliError, EXIT, reporting } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';
import { alignRows } from '../resources/table.ts';

interface PackagesOptions extends DataOption {
  readonly output: 'text' | 'json';
}

export const packages = reporting(async (name: string | undefined, options: PackagesOptions) => {
  const layout = regionHere(options.data);
  const tree = (await readTree(mirrorFolders(gapFolders(layout.gap).content).tree)) ?? EMPTY_TREE;
  const found = packagesOf(tree, name);
  if (name !== undefined && found.length === 0) {
    throw new CliError(`no package ${name} was imported`, {
      exitCode: EXIT.notFound,
      hint: `${ownCommand()} gap packages`,
    });
  }
  if (options.output === 'json') printJson(found);
  else if (name === undefined) printLines([...table(found), ...tree.notes.map((note) => `note: ${note}`)]);
  else printLines(found.flatMap(lines));
});

function table(found: readonly PackageOrigin[]): string[] {
  if (found.length === 0) return ['nothing that instances could install was imported yet'];
  const rows = found.map(({ ecosystem, name, version, architecture = '', suites = [], origin }) => [
    name,
    version,
    architecture === '' ? ecosystem : `${ecosystem} ${architecture}`,
    suites.join(' '),
    `${origin.bundle} ${origin.version}`,
    origin.publishedAt,
  ]);
  return alignRows([['NAME', 'VERSION', 'FOR', 'SUITES', 'BUNDLE', 'PUBLISHED'], ...rows]);
}

function lines({
  ecosystem,
  name,
  version,
  architecture,
  sha256,
  item,
  origin,
  ...one
}: PackageOrigin): string[] {
  const { signers, threshold, import: through } = origin;
  return [
    `${name} ${version}${architecture === undefined ? '' : ` (${architecture})`}, for ${ecosystem}`,
    `  sha256 ${sha256}, ${one.size} bytes`,
    `  in ${item} of ${origin.bundle} ${origin.version}, ${origin.digest}`,
    signers === undefined
      ? '  signed by enough of its signers; who is in its metadata'
      : `  signed by ${signers.join(', ')}: ${threshold} were needed`,
    `  published at ${origin.publishedAt}: ${ownCommand()} gap receipt ${shellWord(through)} proves it`,
    ...(one.statement === undefined
      ? []
      : [`  how it was built: ${one.statement} of the mirror (in-toto, SLSA)`]),
  ];
}

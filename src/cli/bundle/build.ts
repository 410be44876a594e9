/** `casemate bundle build`. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Built, buildBundle } from '#gap/bundle/build.ts';
import { summaryOfDeltas } from '#gap/bundle/delta/summary.ts';
import { writeBundle } from '#gap/bundle/output.ts';
import { parseRecipe } from '#gap/bundle/recipe.ts';
import { requireChain } from '#gap/bundle/tuf/root.ts';
import { readRootFolder } from '#gap/bundle/tuf/root-folder.ts';
import { programVersion } from '#region/program.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, reporting } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import { openAgainst } from './against.ts';
import { intoVolumes, wantsVolumes } from './build-volumes.ts';
import { deltaLines } from './delta-text.ts';
import { mebibytes, progressLine } from './progress.ts';
import type { BuildOptions } from './register.ts';

export const build = reporting(async (path: string, options: BuildOptions) => {
  const out = resolve(options.out);
  if (existsSync(out))
    throw new CliError(`${options.out} is there already`, { hint: 'give another name, or remove it' });
  const isSplit = wantsVolumes(options);
  const recipe = parseRecipe(await readFile(path, 'utf8'), path, {
    ...(options.bundleVersion === undefined ? {} : { version: options.bundleVersion }),
    ...(options.created === undefined ? {} : { created: options.created }),
    ...(options.expires === undefined ? {} : { expires: options.expires }),
  });
  const folder = dirname(resolve(path));
  const roots = await readRootFolder(resolve(folder, recipe.roots));
  requireChain(roots);
  const against = await openAgainst(options);
  // Beside the bundle: what is fetched may be as large as it.
  const scratch = await mkdtemp(`${out}.work-`);
  let built: Built;
  let sayVolumes = () => {};
  try {
    built = await buildBundle(recipe, {
      folder,
      roots,
      scratch,
      toolVersion: programVersion(),
      ...(against === undefined ? {} : { deltas: against }),
      report: (line) => process.stderr.isTTY && process.stderr.write(`${line}\n`),
    });
    const progress = progressLine('writing');
    const file = isSplit ? join(scratch, `${recipe.name}-${recipe.version}.bundle`) : out;
    const form = !isSplit && /\/$/.test(options.out) ? 'folder' : 'tar';
    await writeBundle(file, form, built.files, progress.report);
    progress.done();
    if (isSplit) sayVolumes = await intoVolumes(file, out, options);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await against?.close();
  }
  const size = built.files.reduce((sum, { blob }) => sum + blob.size, 0);
  const items = built.items.map((item) => item.path);
  const contents = new Map(
    built.items.flatMap(({ blobs }) => blobs.map(({ digest, size: bytes }) => [digest, bytes])),
  );
  const deltas = built.deltas && summaryOfDeltas(built.deltas, contents);
  const notAtHand = built.notAtHand ?? [];
  if (options.output === 'json') {
    const { name, version, created, expires } = recipe;
    print(
      `${JSON.stringify({ bundle: options.out, name, version, created, expires, digest: `sha256:${built.digest}`, size, items, ...(deltas === undefined ? {} : { deltas, notAtHand }) }, null, 2)}\n`,
    );
    return;
  }
  printLines([
    `${options.out}: ${recipe.name} ${recipe.version}, ${items.length} ${items.length === 1 ? 'item' : 'items'}, ${mebibytes(size)}`,
    `  digest sha256:${built.digest}: whoever builds the same gets the same`,
    ...(deltas === undefined ? [] : deltaLines(deltas).map((line) => `  ${line}`)),
    ...(against?.notes ?? []).map((note) => `  ${note}`),
    ...notAtHand.map(({ name }) => `  note: ${name} is in no bundle that was given with --base`),
    ...(isSplit
      ? []
      : [
          `not signed yet; each signer: ${ownCommand()} bundle sign ${shellWord(options.out)} --key NAME.key`,
        ]),
  ]);
  sayVolumes();
});

/** `casemate bundle build --volume-size`: what was built, signed by those who built it too, goes straight into volumes. */
import { readFile } from 'node:fs/promises';
import { rewriteMetadata } from '#gap/bundle/rewrite.ts';
import { withSignatures } from '#gap/bundle/signatures.ts';
import { splitIntoFolder } from '#gap/bundle/volumes/split.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';
import { progressLine } from './progress.ts';
import { type BuildOptions, PARITY_DEFAULT_PERCENT } from './register.ts';
import { roleLines, volumeLines } from './volume-text.ts';

/** Whether volumes are asked for. Throws CliError when they would hold what nobody signed: volumes cannot be signed. */
export function wantsVolumes({ volumeSize, parity, signatures = [] }: BuildOptions): boolean {
  if (volumeSize === undefined && parity === undefined) return false;
  if (signatures.length > 0) return true;
  throw new CliError('volumes cannot be signed, and there are no --signatures to put into them', {
    exitCode: EXIT.usage,
    hint: 'each signer builds the same and gives what `bundle sign --detached` writes; or build one file, have it signed, then `bundle split`',
  });
}

/** `bundle`: the file that was built, which gets the signatures. */
export async function intoVolumes(
  bundle: string,
  folder: string,
  { signatures = [], volumeSize, parity = PARITY_DEFAULT_PERCENT }: BuildOptions,
): Promise<() => void> {
  const files = await Promise.all(signatures.map(async (file) => ({ file, bytes: await readFile(file) })));
  const metadata = await rewriteMetadata(bundle, (now) =>
    files.reduce((before, { file, bytes }) => withSignatures(before, bytes, file), now),
  );
  const progress = progressLine('splitting');
  const set = await splitIntoFolder(bundle, folder, {
    parity_percent: parity,
    progress: progress.report,
    ...(volumeSize === undefined ? {} : { volume_bytes: volumeSize }),
  });
  progress.done();
  return () => printLines([...volumeLines(set), ...roleLines(metadata)]);
}

/** `casemate backup key`, `create`, `list` and `prune`. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newIdentity } from '#gap/export/age/keys.ts';
import { createBackup } from '#region/backup/create.ts';
import { type BackupDescription, listBackups, readDescription } from '#region/backup/description.ts';
import { pruneBackups } from '#region/backup/prune.ts';
import { wakefulClock } from '#region/clock.ts';
import { loadConfig } from '#region/config/load.ts';
import { regionHere } from '../region/where.ts';
import { reporting, usageError } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';
import { alignRows } from '../resources/table.ts';

export const key = reporting(async ({ out }: { readonly out: string }) => {
  const { identity, recipient } = newIdentity();
  try {
    writeFileSync(out, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw usageError(`${out} is there already`);
    throw error;
  }
  printLines([
    `${out} opens every backup that is made for it. Keep it, and a copy, where the region is not. Its public key, for region.yaml:`,
    `  ${recipient}`,
  ]);
});

interface CreateOptions {
  readonly data?: string;
  readonly to?: string;
  readonly recipient?: string;
  readonly withContent?: boolean;
  readonly withObjects?: boolean;
  readonly withoutMasterKey?: boolean;
  readonly output: 'text' | 'json';
}

export const create = reporting(async (options: CreateOptions) => {
  const layout = regionHere(options.data);
  const config = await loadConfig(layout.config);
  const folder = options.to ?? config.backup?.folder;
  if (folder === undefined) throw usageError('--to: is missing, and region.yaml has no backup.folder');
  const recipient = options.recipient ?? config.backup?.recipient;
  if (recipient === undefined) {
    throw usageError(
      '--recipient: is missing, and region.yaml has no backup.recipient (casemate backup key makes one)',
    );
  }
  const { path, description } = await createBackup({
    ...{ layout, config, folder: resolve(folder), recipient },
    withContent: options.withContent === true,
    withObjects: options.withObjects === true,
    withoutMasterKey: options.withoutMasterKey === true,
    clock: wakefulClock,
  });
  if (options.output === 'json') return printJson({ path, ...description });
  printLines([
    `${path}: ${sizeText(description)}`,
    `To try it: casemate backup verify ${path} --identity FILE`,
  ]);
});

const bytesOf = ({ files }: BackupDescription): number =>
  Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);

const sizeText = (description: BackupDescription): string =>
  `${(bytesOf(description) / 1e6).toFixed(1)} MB, encrypted for ${description.recipient}`;

export const list = reporting(async (folder: string, { output }: { readonly output: 'text' | 'json' }) => {
  const names = await listBackups(folder);
  const backups = await Promise.all(
    names.map(async (name) => ({ name, ...(await readDescription(join(folder, name))) })),
  );
  if (output === 'json') return printJson(backups);
  const rows = backups.map((backup) => [
    backup.name,
    backup.region.name,
    `${(bytesOf(backup) / 1e6).toFixed(1)} MB`,
    backup.withContent ? 'with content' : 'without content',
    `PostgreSQL ${backup.database.version}`,
  ]);
  printLines(alignRows([['BACKUP', 'REGION', 'SIZE', 'CONTENT', 'DATABASE'], ...rows]));
});

export const prune = reporting(async (folder: string, { keep }: { readonly keep: number }) => {
  const { removed, kept, segments, objects } = await pruneBackups(resolve(folder), keep);
  printLines([
    `Removed ${removed.length} backups and ${segments} segments of the archive${objects === 0 ? '' : `, and ${objects} files of objects`}; ${kept.length} backups are left.`,
  ]);
});

/** `casemate ledger export`: a realm's logs as documented files. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportLog } from '#trust/ledger/export.ts';
import { EXPORT_README } from '#trust/ledger/export-readme.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printLines } from '../resources/output.ts';
import { inSession, type Session } from '../resources/session.ts';
import { type LedgerName, LOG_NAMES, ledgerSource } from './source.ts';

export interface ExportOptions extends SessionOptions {
  readonly log?: LedgerName;
}

export const exportLedger = inSession(async (session: Session, options: ExportOptions, folder: string) => {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) {
    throw new CliError(`${folder} is not empty`, { hint: 'give a folder that is, or a new one' });
  }
  const lines: string[] = [];
  for (const log of options.log === undefined ? LOG_NAMES : [options.log]) {
    const made = new Set<string>();
    const size = await exportLog(ledgerSource(session.client, log), async (path, content) => {
      const file = join(folder, log, path);
      if (!made.has(dirname(file))) {
        await mkdir(dirname(file), { recursive: true });
        made.add(dirname(file));
      }
      await writeFile(file, content);
    });
    lines.push(`${join(folder, log)}: ${size} leaves`);
  }
  await writeFile(join(folder, 'README.md'), EXPORT_README);
  printLines([
    ...lines,
    `${join(folder, 'README.md')} says what is what. To check it, anywhere: ${ownCommand()} ledger verify --from ${shellWord(folder)} --key FILE`,
  ]);
});

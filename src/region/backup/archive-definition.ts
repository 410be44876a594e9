/** The process that archives changes, for the supervisor, and the folder that it needs. */

import { existsSync, statSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { RegionConfig } from '../config/schema.ts';
import { type Accounts, isRoot } from '../embedded/accounts.ts';
import { SUPERUSER } from '../embedded/postgres.ts';
import { asAccount, withProgram } from '../embedded/unprivileged.ts';
import type { Layout } from '../layout.ts';
import { PROGRAM_FOLDER } from '../program.ts';
import type { ProcessDefinition } from '../supervisor/definition.ts';
import { waitsForArchive } from './archive-settings.ts';
import { archiveFolder } from './description.ts';

const ARCHIVE = join(PROGRAM_FOLDER, 'src/region/backup/archive.ts');
type Settings = Pick<RegionConfig, 'backup'>;

/** Makes the archive's folder, in one that is there: what is not mounted is not made. Throws when it is not. */
export async function prepareArchive({ backup }: Settings, { database }: Accounts): Promise<void> {
  if (backup === undefined) return;
  if (!existsSync(backup.folder)) {
    throw new Error(
      `backup.folder: ${backup.folder} is not there; make it, on another disk than the region's, or mount what is to be there`,
    );
  }
  if (isRoot()) checkReachable(backup.folder);
  const folder = archiveFolder(backup.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (isRoot()) await chown(folder, database.uid, database.gid);
  await chmod(folder, 0o700);
}

/** Throws when a folder on the way lets nobody but root pass. */
function checkReachable(folder: string): void {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) {
      throw new Error(
        `backup.folder: only its owner may enter ${at}, and the database's account archives there: chmod o+x ${at}`,
      );
    }
    if (at === dirname(at)) return;
  }
}

/** Undefined where nothing is archived. */
export function archiveDefinition(
  layout: Layout,
  { backup }: Settings,
  { database }: Accounts,
  programs: string,
): ProcessDefinition | undefined {
  if (backup === undefined) return undefined;
  const program = {
    command: process.execPath,
    args: [
      ARCHIVE,
      ...['--socket', layout.postgres.socketFolder, '--user', SUPERUSER],
      ...['--folder', archiveFolder(backup.folder), '--programs', programs],
      ...['--recipient', backup.recipient],
    ],
  };
  return {
    name: 'archive',
    ...(isRoot() ? withProgram(layout.program, asAccount(database, program)) : program),
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', NODE_ENV: 'production' },
    cwd: '/',
    ready: { type: 'message' },
    speaks: true,
    after: ['postgres'],
    startLimit_ms: 60_000,
    stop: { signal: 'SIGTERM', grace_ms: 20_000 },
    // Where changes wait for it there is no region without it.
    ...(waitsForArchive(backup) ? {} : { optional: true }),
  };
}

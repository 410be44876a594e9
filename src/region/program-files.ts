/**
 * What the region process needs of its own program's folder, read while it still may: the checkout can lie where only root may
 * look.
 */
import { type Migration, readMigrations } from '#engines/postgres/migrate.ts';
import { programVersion } from './program.ts';

export interface ProgramFiles {
  readonly version: string;
  readonly migrations: readonly Migration[];
}

export async function readProgramFiles(): Promise<ProgramFiles> {
  return { version: programVersion(), migrations: await readMigrations() };
}

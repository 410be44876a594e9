/** Which backup a command means, and what opens it. */
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseIdentity } from '#gap/export/age/keys.ts';
import { archiveFolder, findBackup } from '#region/backup/description.ts';
import { CliError, EXIT, usageError } from '../resources/errors.ts';

export interface SourceOptions {
  readonly identity: string;
  readonly masterKey?: string;
  readonly toTime?: string;
  readonly changes?: string;
  readonly withoutChanges?: boolean;
}

export interface Source {
  readonly backup: string;
  readonly identity: KeyObject;
  readonly archive: string | undefined;
  readonly masterKeyFile: string | undefined;
  /** RFC 3339. */
  readonly toTime: string | undefined;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

export async function sourceOf(from: string, options: SourceOptions): Promise<Source> {
  const backup = resolve(await findBackup(from));
  const { toTime } = options;
  if (toTime !== undefined && (!RFC3339.test(toTime) || Number.isNaN(Date.parse(toTime)))) {
    throw usageError(`--to-time ${toTime}: should be a time such as 2026-11-21T10:00:00Z`);
  }
  const archive = resolve(options.changes ?? archiveFolder(dirname(backup)));
  if (options.changes !== undefined && !existsSync(archive)) {
    throw new CliError(`--changes ${archive}: there is no such folder`, { exitCode: EXIT.notFound });
  }
  return {
    backup,
    identity: identityIn(options.identity),
    archive: options.withoutChanges === true || !existsSync(archive) ? undefined : archive,
    masterKeyFile: options.masterKey,
    toTime,
  };
}

function identityIn(file: string): KeyObject {
  if (!existsSync(file)) throw new CliError(`${file} is not there`, { exitCode: EXIT.notFound });
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new CliError(`${file} opens every backup, and others may read it: chmod 600 ${file}`);
  }
  try {
    return parseIdentity(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file}: ${error instanceof Error ? error.message : 'is no identity'}`);
  }
}

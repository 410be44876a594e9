/** What commands of exports share: their type, one request, and the files of this machine that are to leave. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { FILES_MAX } from '#gap/export/limits.ts';
import type { ExportFile, ExportSpec, ExportStatus } from '#gap/export/request-kind.ts';
import { GAP_GROUP } from '#gap/import/trust-kind.ts';
import type { ResourceType } from '../resources/discovery.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { Session } from '../resources/session.ts';

export const exportType = (session: Session): Promise<ResourceType> =>
  session.typeOf(GAP_GROUP, 'ExportRequest');

export const statusOf = (object: AnyObject | undefined) => object?.status as ExportStatus | undefined;
export const specOf = (object: AnyObject) => object.spec as ExportSpec;

/** A file of this machine, as the request says it and where it lies. */
export interface LocalFile extends ExportFile {
  readonly local: string;
}

/** Files, and all in folders, under their names; links and what else there is are refused. */
export async function localFiles(paths: readonly string[]): Promise<LocalFile[]> {
  const found: LocalFile[] = [];
  const add = async (local: string, path: string): Promise<void> => {
    const facts = await lstat(local).catch(() => {
      throw new CliError(`${local} is not there`, { exitCode: EXIT.notFound });
    });
    if (facts.isDirectory()) {
      for (const name of (await readdir(local)).sort()) await add(join(local, name), `${path}/${name}`);
      return;
    }
    if (!facts.isFile()) {
      throw new CliError(`${local} is neither a file nor a folder`, {
        exitCode: EXIT.usage,
        hint: 'links are not followed: name what they lead to',
      });
    }
    if (found.length >= FILES_MAX) {
      throw new CliError(`these are more than ${FILES_MAX} files`, {
        exitCode: EXIT.usage,
        hint: 'put them into one tar file',
      });
    }
    found.push({ local, path, size: facts.size, sha256: await sha256Of(local) });
  };
  for (const path of paths) await add(path, basename(resolve(path)));
  return found;
}

async function sha256Of(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}

/** Shown to people as they would name it. */
export const shownPath = (path: string): string => {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
};

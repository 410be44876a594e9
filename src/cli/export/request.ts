/** `casemate export request`, `show`, `list`, `deny` and `release`. */
import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { PIECE_BYTES } from '#gap/export/limits.ts';
import type { ExportPhase } from '#gap/export/request-kind.ts';
import { act, printAll } from '../approvals/commands.ts';
import { progressLine } from '../bundle/progress.ts';
import { find, make, patch } from '../gap/objects.ts';
import { ownCommand } from '../own-command.ts';
import type { ResourceType } from '../resources/discovery.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { OutputFormat, SessionOptions } from '../resources/options.ts';
import { printJson, printLines, withoutManagedFields } from '../resources/output.ts';
import { getObject, waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { exportType, type LocalFile, localFiles, specOf, statusOf } from './objects.ts';
import { exportLines } from './text.ts';

interface OutputOptions extends SessionOptions {
  readonly output: 'text' | 'json';
}

interface WaitOptions extends OutputOptions {
  /** Milliseconds. */
  readonly wait: number;
}

export interface RequestOptions extends WaitOptions {
  readonly to: string;
  readonly reason: string;
  readonly label: string;
  readonly name?: string;
}

const NAME_MAX = 60;

export const request = inSession(async (session: Session, options: RequestOptions, paths: string[]) => {
  const type = await exportType(session);
  const files = await localFiles(paths);
  const name = options.name ?? nameOf(paths[0] ?? '');
  const spec = {
    recipient: options.to,
    reason: options.reason,
    label: options.label,
    files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
  };
  const before = await find(session, type, name);
  if (before === undefined) await make(session, type, name, spec);
  else refuseOther(name, before, spec);
  await upload(session, type, name, files);
  const submitted = await patch(session, type, name, { submitted: true });
  if (options.wait === 0) return show(submitted, options);
  show(await until(session, type, name, options.wait, ['Uploading', 'Checking']), options);
});

/** `results 1.csv` is `results-1-csv`. */
function nameOf(path: string): string {
  const name = basename(resolve(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_MAX)
    .replaceAll(/^-+|-+$/g, '');
  if (name === '') throw new CliError(`${path} makes no name`, { exitCode: EXIT.usage, hint: 'give --name' });
  return name;
}

/** The same request again goes on where it was; another takes another name. */
function refuseOther(name: string, before: AnyObject, spec: object): void {
  const { recipient, reason, label, files } = specOf(before);
  const same = JSON.stringify({ recipient, reason, label, files }) === JSON.stringify(spec);
  if (same && statusOf(before)?.phase === 'Uploading') return;
  throw new CliError(
    `there is an export "${name}" already, ${same ? `and it is ${statusOf(before)?.phase}` : 'of something else'}`,
    {
      exitCode: EXIT.conflict,
      hint: 'give another --name',
    },
  );
}

async function upload(
  session: Session,
  type: ResourceType,
  name: string,
  files: readonly LocalFile[],
): Promise<void> {
  const { pieces } = (await act(session, type, name, 'held', {})) as { pieces: number[][] };
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const progress = progressLine('uploading');
  let done = 0;
  try {
    for (const [index, { local, size }] of files.entries()) {
      const there = new Set(pieces[index]);
      const file = await open(local, 'r');
      try {
        for (let piece = 0; piece * PIECE_BYTES < size; piece++) {
          const length = Math.min(PIECE_BYTES, size - piece * PIECE_BYTES);
          if (!there.has(piece)) {
            const { buffer, bytesRead } = await file.read(
              Buffer.alloc(length),
              0,
              length,
              piece * PIECE_BYTES,
            );
            if (bytesRead !== length) throw new CliError(`${local} became shorter meanwhile`);
            await act(session, type, name, 'put', { file: index, piece, data: buffer.toString('base64') });
          }
          done += length;
          progress.report(done, total);
        }
      } finally {
        await file.close();
      }
    }
  } finally {
    progress.done();
  }
}

async function until(
  session: Session,
  type: ResourceType,
  name: string,
  limit_ms: number,
  onItsWay: readonly ExportPhase[],
): Promise<AnyObject> {
  const found = await waitForObject(
    session.client,
    { type, project: undefined, name },
    limit_ms,
    (object) => object === undefined || !onItsWay.includes(statusOf(object)?.phase ?? 'Uploading'),
    (object) => `it is ${statusOf(object)?.phase}, and goes on: ${ownCommand()} export show ${name}`,
  );
  if (found === undefined) throw new CliError('it was deleted meanwhile');
  return found;
}

const FAILED: readonly ExportPhase[] = ['Blocked', 'Denied', 'Expired'];

function show(object: AnyObject, { output }: OutputOptions): void {
  const status = statusOf(object);
  if (FAILED.includes(status?.phase ?? 'Uploading')) process.exitCode = EXIT.error;
  if (output === 'json') printJson(withoutManagedFields(object));
  else printLines(exportLines(object.metadata.name, specOf(object), status, ownCommand()));
}

export const showExport = inSession(async (session: Session, options: OutputOptions, name: string) =>
  show(await getObject(session.client, await exportType(session), undefined, name), options),
);

export const list = inSession(
  async (session: Session, { output }: SessionOptions & { readonly output: OutputFormat }) =>
    printAll(session, await exportType(session), output),
);

export const deny = inSession(
  async (session: Session, { reason }: SessionOptions & { readonly reason: string }, name: string) => {
    const { phase } = await act(session, await exportType(session), name, 'deny', { note: reason });
    printLines([`${name} is ${phase}`]);
  },
);

export const release = inSession(async (session: Session, options: WaitOptions, name: string) => {
  const type = await exportType(session);
  const before = await getObject(session.client, type, undefined, name);
  const { phase, digest } = statusOf(before) ?? {};
  if (digest === undefined || phase !== 'AwaitingApproval') return show(before, options);
  const asked = await patch(session, type, name, { release: digest });
  if (options.wait === 0) return show(asked, options);
  show(await until(session, type, name, options.wait, ['AwaitingApproval', 'Packaging']), options);
});

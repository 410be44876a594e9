/** `casemate gap import`, `imports`, `show` and `publish`. */
import { constants } from 'node:fs';
import { access, chmod, copyFile, cp, lstat, readdir, realpath, rm } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { gapFolders } from '#gap/import/folders.ts';
import type { ImportStatus, Phase } from '#gap/import/import-kind.ts';
import { printAll } from '../approvals/commands.ts';
import { mebibytes, progressLine } from '../bundle/progress.ts';
import { ownCommand } from '../own-command.ts';
import { chosenRegion } from '../region/where.ts';
import type { ResourceType } from '../resources/discovery.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { OutputFormat, SessionOptions } from '../resources/options.ts';
import { printJson, printLines, withoutManagedFields } from '../resources/output.ts';
import { getObject, waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { find, gapType, make, patch } from './objects.ts';
import { importLines } from './text.ts';
import { isUploading, upload } from './upload.ts';
import { joinIfVolumes } from './volumes.ts';

interface OutputOptions extends SessionOptions {
  readonly output: 'text' | 'json';
}

interface BringOptions extends OutputOptions {
  readonly name?: string;
  readonly data?: string;
  /** Through the API, also where the region's inbox is. */
  readonly upload?: boolean;
  /** Where standard input begins in the bundle. */
  readonly fromByte?: number;
  /** Milliseconds. */
  readonly wait: number;
}

const NAME_MAX = 60;
const statusOf = (object: AnyObject | undefined) => object?.status as ImportStatus | undefined;
/** Nothing goes on before somebody trusts a root, or publishes what it builds on. */
const WAITS_FOR_PEOPLE: readonly string[] = ['NoTrust', 'MissingBases'];
const ON_ITS_WAY: readonly Phase[] = ['Receiving', 'Verifying', 'Scanning'];

export const bring = inSession(async (session: Session, options: BringOptions, file: string) => {
  const type = await gapType(session, 'BundleImport');
  const name = options.name ?? nameOf(file);
  const before = await find(session, type, name);
  if (before !== undefined && !isUploading(before)) {
    throw new CliError(`there is an import "${name}" already`, {
      exitCode: EXIT.conflict,
      hint: 'give another --name',
    });
  }
  const { inbox } = gapFolders(chosenRegion(options.data).gap);
  if (before !== undefined || file === '-' || options.upload === true || !(await isHere(inbox)))
    return bringThrough(session, type, { name, file, isNew: before === undefined }, options);
  const { source, copy } = await intoInbox(file, name, inbox);
  const made = await make(session, type, name, { source });
  if (options.wait === 0) return show(made, options);
  const found = await untilDecided(session, type, name, options.wait, ON_ITS_WAY);
  // What was read is in quarantine now, or refused. Until then it stays.
  if (copy !== undefined && !ON_ITS_WAY.includes(statusOf(found)?.phase ?? 'Receiving')) {
    await rm(copy, { recursive: true, force: true });
  }
  show(found, options);
});

/** Whether this is the region's machine. */
const isHere = (inbox: string): Promise<boolean> =>
  access(inbox, constants.W_OK).then(
    () => true,
    () => false,
  );

interface Through {
  readonly name: string;
  readonly file: string;
  /** False: it goes on where it stopped. */
  readonly isNew: boolean;
}

/** Through the API: from anywhere, by whoever may make imports. */
async function bringThrough(
  session: Session,
  type: ResourceType,
  { name, file, isNew }: Through,
  options: BringOptions,
): Promise<void> {
  if (file !== '-' && !(await lstat(file).catch(() => undefined))?.isFile()) {
    throw new CliError(`${file} is no file`, {
      exitCode: EXIT.notFound,
      hint: 'a folder is brought on the region’s machine; elsewhere make one file of it: casemate bundle build --out FILE',
    });
  }
  if (isNew) await make(session, type, name, { upload: true });
  await upload(session, name, file, options.fromByte ?? 0);
  if (options.wait === 0) return show(await getObject(session.client, type, undefined, name), options);
  show(await untilDecided(session, type, name, options.wait, ON_ITS_WAY), options);
}

/** `/media/usb/Town_12.bundle` is `town-12`. */
function nameOf(file: string): string {
  const name = (file === '-' ? '' : basename(resolve(file)))
    .toLowerCase()
    .replace(/\.(bundle|tar)$/, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_MAX)
    .replaceAll(/^-+|-+$/g, '');
  if (name === '') throw new CliError(`${file} makes no name`, { exitCode: EXIT.usage, hint: 'give --name' });
  return name;
}

/** What lies in the inbox already is read where it is; anything else is copied there, sharing its room where the file system can. */
async function intoInbox(file: string, name: string, inbox: string) {
  const found = await lstat(file).catch(() => {
    throw new CliError(`${file} is not there`, { exitCode: EXIT.notFound });
  });
  const box = await realpath(inbox).catch(() => {
    throw new CliError(`${inbox} is not there`, {
      exitCode: EXIT.notFound,
      hint: 'run this on the region’s machine, as whoever owns it; --data says where the region is',
    });
  });
  const inside = relative(box, await realpath(file));
  if (!inside.startsWith('..') && inside !== '') return { source: inside, copy: undefined };
  const copy = join(box, name);
  await rm(copy, { recursive: true, force: true });
  if (await joinIfVolumes(file, copy)) return { source: name, copy };
  if (found.isDirectory()) {
    await cp(file, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await readable(copy);
  } else {
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    await chmod(copy, 0o644);
  }
  return { source: name, copy };
}

/** The region reads it as another user. The layout is the one of a bundle, or nothing of it is read. */
async function readable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const one of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (one.isDirectory() || one.isFile())
      await chmod(join(one.parentPath, one.name), one.isDirectory() ? 0o755 : 0o644);
  }
}

async function untilDecided(
  session: Session,
  type: ResourceType,
  name: string,
  limit_ms: number,
  onItsWay: readonly Phase[],
): Promise<AnyObject> {
  const progress = progressLine('receiving');
  const isDone = (object: AnyObject | undefined) => {
    const status = statusOf(object);
    if (status?.bytes !== undefined) progress.report(status.bytes.done, status.bytes.total);
    const waits = status?.conditions?.some(({ reason }) => WAITS_FOR_PEOPLE.includes(reason)) === true;
    return object === undefined || waits || !onItsWay.includes(status?.phase ?? 'Receiving');
  };
  try {
    const found = await waitForObject(
      session.client,
      { type, project: undefined, name },
      limit_ms,
      isDone,
      (object) => {
        const { phase, bytes } = statusOf(object) ?? {};
        const how = bytes === undefined ? '' : `, ${mebibytes(bytes.done)} of ${mebibytes(bytes.total)}`;
        return `it is ${phase}${how}, and goes on: ${ownCommand()} gap show ${name}`;
      },
    );
    if (found === undefined) throw new CliError('it was deleted meanwhile');
    return found;
  } finally {
    progress.done();
  }
}

function show(object: AnyObject, { output }: OutputOptions): void {
  const status = statusOf(object);
  if (status?.phase === 'Refused') process.exitCode = EXIT.error;
  if (output === 'json') printJson(withoutManagedFields(object));
  else printLines(importLines(object.metadata.name, status, ownCommand()));
}

export const showImport = inSession(async (session: Session, options: OutputOptions, name: string) =>
  show(await getObject(session.client, await gapType(session, 'BundleImport'), undefined, name), options),
);

export const imports = inSession(
  async (session: Session, { output }: SessionOptions & { readonly output: OutputFormat }) =>
    printAll(session, await gapType(session, 'BundleImport'), output),
);

export const publish = inSession(
  async (session: Session, options: OutputOptions & { readonly wait: number }, name: string) => {
    const type = await gapType(session, 'BundleImport');
    const before = await getObject(session.client, type, undefined, name);
    const digest = statusOf(before)?.bundle?.digest;
    if (digest === undefined || statusOf(before)?.phase !== 'AwaitingApproval') return show(before, options);
    const asked = await patch(session, type, name, { publish: digest });
    if (options.wait === 0) return show(asked, options);
    show(await untilDecided(session, type, name, options.wait, ['AwaitingApproval', 'Publishing']), options);
  },
);

export const retire = inSession(
  async (session: Session, options: OutputOptions & { readonly wait: number }, name: string) => {
    const type = await gapType(session, 'BundleImport');
    const before = await getObject(session.client, type, undefined, name);
    if (statusOf(before)?.phase !== 'Published') return show(before, options);
    const asked = await patch(session, type, name, { retire: true });
    if (options.wait === 0) return show(asked, options);
    show(await untilDecided(session, type, name, options.wait, ['Published', 'Retiring']), options);
  },
);

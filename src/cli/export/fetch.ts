/** `casemate export review` and `fetch`: what is in a request, for who reviews it, and the package of one that was released. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PACKAGE_FILE, SIGNED_FILE } from '#gap/export/store.ts';
import { mebibytes } from '../bundle/progress.ts';
import { leafBody, proveObject } from '../ledger/receipts.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { objectPath, type ResourceType } from '../resources/discovery.ts';
import { CliError, EXIT, usageError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printLines } from '../resources/output.ts';
import { getObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { exportType, specOf, statusOf } from './objects.ts';
import { exportLines } from './text.ts';

interface ReviewOptions extends SessionOptions {
  readonly out?: string;
  readonly file?: string;
}

export const review = inSession(async (session: Session, options: ReviewOptions, name: string) => {
  const type = await exportType(session);
  const object = await getObject(session.client, type, undefined, name);
  const { files } = specOf(object);
  if (options.file !== undefined) {
    const index = files.findIndex(({ path }) => path === options.file);
    if (index < 0) throw new CliError(`${name} has no file ${options.file}`, { exitCode: EXIT.notFound });
    for await (const chunk of await stream(session, type, name, 'content', { file: String(index) })) {
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    }
    return;
  }
  const { out } = options;
  if (out !== undefined) {
    await newFolder(out);
    for (const [index, { path, sha256 }] of files.entries()) {
      const source = await stream(session, type, name, 'content', { file: String(index) });
      await save(source, join(out, path), sha256);
    }
  }
  printLines([
    ...exportLines(name, specOf(object), statusOf(object), ownCommand()),
    out === undefined
      ? `To read it: ${ownCommand()} export review ${name} --out FOLDER, or --file PATH`
      : `${files.length} files are in ${out}, each as its digest says. Delete them when you have read them.`,
  ]);
});

export const fetchPackage = inSession(
  async (session: Session, { out }: SessionOptions & { readonly out: string }, name: string) => {
    const type = await exportType(session);
    const object = await getObject(session.client, type, undefined, name);
    const made = statusOf(object)?.package;
    if (made === undefined) throw new CliError(`${name} is ${statusOf(object)?.phase}, and not released`);
    await newFolder(out);
    await save(await stream(session, type, name, 'package'), join(out, PACKAGE_FILE), made.sha256);
    await save(await stream(session, type, name, 'manifest'), join(out, SIGNED_FILE), made.manifest);
    const receipt = join(out, 'receipt.tlog-proof');
    await writeFile(receipt, await proveObject(session, object.metadata), { mode: 0o600 });
    const body = await leafBody(session, Number(object.metadata.resourceVersion));
    await writeFile(`${receipt}.body.json`, body, { mode: 0o600 });
    const [folder, command] = [shellWord(out), ownCommand()];
    printLines([
      `${out} holds, of ${name}:`,
      `  ${PACKAGE_FILE}: ${mebibytes(made.bytes)}, for ${specOf(object).recipient} alone`,
      `  ${SIGNED_FILE}: what it is, signed by the ledger’s keys`,
      '  receipt.tlog-proof, receipt.tlog-proof.body.json: that it was agreed to; the second names people and files, and stays here',
      `Once, to the recipient by a way that both trust: ${command} ledger key > region.vkey`,
      'The recipient, where no region is:',
      `  ${command} export verify ${folder}/${PACKAGE_FILE} --manifest ${folder}/${SIGNED_FILE} --key region.vkey`,
      `  ${command} export open ${folder}/${PACKAGE_FILE} --identity KEY --out FILES   # or: age --decrypt -i KEY ${folder}/${PACKAGE_FILE} | tar -x`,
    ]);
  },
);

const stream = (
  { client }: Session,
  type: ResourceType,
  name: string,
  what: string,
  query: Record<string, string> = {},
): Promise<AsyncIterable<Buffer>> =>
  client.stream({ path: `${objectPath(type, undefined, name)}/${what}`, query, accept: '*/*' });

async function newFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EEXIST' ? usageError(`${path} is there already: give a new folder`) : error;
  });
}

/** Nothing is left of what is not as it should be. */
async function save(source: AsyncIterable<Buffer>, path: string, sha256: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const digest = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of source) {
      digest.update(chunk);
      await file.write(chunk);
    }
    if (digest.digest('hex') !== sha256)
      throw new CliError(`${path} did not come as its digest says; it is deleted`);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

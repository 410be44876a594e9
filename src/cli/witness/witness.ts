/** `casemate witness …`: a witness on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { systemClock } from '#kernel/clock.ts';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { cosignerVkey } from '#kernel/log/cosignature.ts';
import { parseListen } from '#region/server-names.ts';
import { createWitness, openWitness, type WitnessFolder } from '#trust/witness/folder.ts';
import { lockFolder } from '#trust/witness/lock.ts';
import { serveWitness } from '#trust/witness/server.ts';
import { Witness } from '#trust/witness/witness.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { reporting, usageError } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';
import { alignRows } from '../resources/table.ts';
import type { FolderOption, RunOptions } from './register.ts';

const keyLines = (witness: WitnessFolder) => witness.cosigners.map(cosignerVkey);

export const init = reporting(async ({ folder, name }: FolderOption & { readonly name: string }) => {
  const witness = await createWitness(folder, name);
  printLines([
    `${folder}: the witness ${witness.name}. Its public keys, for policies and for the logs that send to it:`,
    ...keyLines(witness),
    `Then: ${ownCommand()} witness follow KEY --folder ${shellWord(folder)}`,
  ]);
});

export const follow = reporting(async (key: string, { folder }: FolderOption) => {
  const witness = await openWitness(folder);
  const text = existsSync(key) ? readFileSync(key, 'utf8') : key;
  for (const vkey of text.trim().split(/\s+/)) await witness.follow(vkey);
  printLines([...(await witness.logs()).keys()]);
});

export const key = reporting(async ({ folder }: FolderOption) => {
  printLines(keyLines(await openWitness(folder)));
});

export const show = reporting(async ({ folder }: FolderOption) => {
  const witness = await openWitness(folder);
  const rows: string[][] = [];
  for (const origin of (await witness.logs()).keys()) {
    const latest = await witness.latest(origin);
    if (latest === undefined) {
      rows.push([origin, '0', '']);
      continue;
    }
    const { size, root } = readUnverifiedCheckpoint(latest);
    rows.push([origin, String(size), root.toString('base64')]);
  }
  printLines(alignRows([['LOG', 'LEAVES', 'ROOT'], ...rows]));
});

function tlsOf({ tlsKey, tlsCertificate }: RunOptions) {
  if (tlsKey === undefined && tlsCertificate === undefined) return {};
  if (tlsKey === undefined || tlsCertificate === undefined) {
    throw usageError('--tls-key and --tls-certificate go together');
  }
  return { tls: { key: readFileSync(tlsKey, 'utf8'), cert: readFileSync(tlsCertificate, 'utf8') } };
}

const stopped = () =>
  new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

export const run = reporting(async (options: RunOptions) => {
  const { folder, listen } = options;
  const { host, port } = parseListen(listen);
  if (Number.isNaN(port)) throw usageError(`--listen ${listen}: should be ADDRESS:PORT`);
  const tls = tlsOf(options);
  const release = await lockFolder(folder);
  try {
    const opened = await openWitness(folder);
    const witness = new Witness(opened, systemClock, {
      splitView: (origin, file) =>
        process.stderr.write(
          `TWO HISTORIES: ${origin} signed both; the evidence: ${file ?? 'kept already'}\n`,
        ),
    });
    const server = await serveWitness(witness, {
      host,
      port,
      ...tls,
      onFault: (error) =>
        process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`),
    });
    const scheme = options.tlsKey === undefined ? 'http' : 'https';
    printLines([
      `${opened.name} listens at ${scheme}://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    ]);
    await stopped();
    await server.close();
  } finally {
    await release();
  }
});

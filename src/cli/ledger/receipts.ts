/** `casemate ledger prove` and `ledger check-receipt`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { rfc3339 } from '#kernel/clock.ts';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { isRecorded, type Leaf } from '#kernel/log/leaf.ts';
import { TILE_WIDTH } from '#kernel/log/merkle.ts';
import {
  encodePersonal,
  type PersonalRecord,
  parsePersonalBytes,
  personalDigest,
  type WholeLeaf,
  wholeLeaf,
} from '#kernel/log/personal.ts';
import { bodyPath } from '#trust/ledger/bodies.ts';
import type { Cosigned } from '#trust/ledger/judge.ts';
import { openPersonal, readPersonal } from '#trust/ledger/personal.ts';
import { checkReceipt, proveInclusion } from '#trust/ledger/receipt.ts';
import { readText, type TileSource } from '#trust/ledger/source.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, EXIT, reporting, usageError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { print, printJson, printLines } from '../resources/output.ts';
import { getObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { alignRows } from '../resources/table.ts';
import { parseObjectTargets } from '../resources/targets.ts';
import { givenTrust, servedKey, type TrustOptions } from './key.ts';
import { recall } from './memory.ts';
import { type LedgerName, ledgerSource } from './source.ts';

// Checkpoints follow changes at a short distance.
const CHECKPOINT_WAIT_MS = 15_000;
const CHECKPOINT_LOOK_MS = 250;

export interface ProveOptions extends SessionOptions {
  readonly log: LedgerName;
  readonly index?: number;
  readonly key?: string;
  readonly policy?: string;
  readonly output?: string;
}

/** Waits until the log has signed for leaf `index`. */
async function waitUntilSigned(source: TileSource, index: number): Promise<void> {
  for (let waited_ms = 0; waited_ms < CHECKPOINT_WAIT_MS; waited_ms += CHECKPOINT_LOOK_MS) {
    if (readUnverifiedCheckpoint(await readText(source, 'checkpoint')).size > index) return;
    await new Promise((resolve) => setTimeout(resolve, CHECKPOINT_LOOK_MS));
  }
  throw new CliError(`the log has signed no checkpoint that covers leaf ${index}`, {
    hint: `is the index right? ${ownCommand()} ledger show`,
  });
}

const plain = (value: unknown) =>
  (typeof value === 'object' ? JSON.stringify(value) : String(value)).replaceAll(/\p{Cc}+/gu, ' ');

/** A leaf as lines for people. Pure. */
export function leafLines(leaf: WholeLeaf): string[] {
  return alignRows(Object.entries(leaf).map(([field, value]) => [`  ${field}`, plain(value)]));
}

export const prove = inSession(async (session: Session, options: ProveOptions, args: string[]) => {
  if ((options.index === undefined) === (args.length === 0)) {
    throw usageError('what is to be proven? Give TYPE NAME, or --index N');
  }
  const source = ledgerSource(session.client, options.log);
  let { index } = options;
  let uid: string | undefined;
  if (index === undefined) {
    if (options.log !== 'changes')
      throw usageError('objects are in the changes log; for the access log give --index N');
    const [target, ...more] = parseObjectTargets(await session.types(), args);
    if (target === undefined || more.length > 0) throw usageError('one object at a time');
    const { metadata } = await getObject(
      session.client,
      target.type,
      session.projectFor(target.type),
      target.name,
    );
    // An object's resourceVersion is the index of the leaf that last changed it.
    index = Number(metadata.resourceVersion);
    uid = metadata.uid;
  }
  await waitUntilSigned(source, index);
  const remembered = await recall(session.client.connection.server, options.log);
  const trust = givenTrust(options) ?? remembered?.vkeys ?? (await servedKey(source));
  const receipt = await proveInclusion(source, trust, index);
  const { leaf, checkpoint, cosigned } = checkReceipt(receipt, trust);
  if (uid !== undefined && (leaf.type !== 'change' || leaf.uid !== uid)) {
    throw new CliError(
      `leaf ${index} is not about this object: the region shows something its ledger does not say`,
    );
  }
  const record = await recordBeside(source, leaf);
  if (options.output === '-') return print(receipt);
  const file =
    options.output ?? `${checkpoint.origin.replaceAll(/[^A-Za-z0-9.-]/g, '_')}-${index}.tlog-proof`;
  writeFileSync(file, receipt);
  const recordFile = recordFileOf(file);
  if (record !== undefined) writeFileSync(recordFile, encodePersonal(record));
  printLines([
    `${file}: leaf ${index} of ${checkpoint.origin}, proven in its first ${checkpoint.size} leaves`,
    ...leafLines(wholeLeaf(leaf, record)),
    ...cosignedLines(cosigned),
    'Anybody can check it without this region, with the log’s public key:',
    // The Ed25519 key, which fits a line; `ledger key` prints the other as well.
    `  ${ownCommand()} ledger check-receipt ${shellWord(file)} ${
      options.policy === undefined
        ? `--key '${String(trust).split(' ', 1)[0]}'`
        : `--policy ${shellWord(options.policy)}`
    }`,
    ...(record === undefined ? [] : [`Who it was stands in ${recordFile}: give it along, or keep it back.`]),
  ]);
});

/** The receipt of the last change of an object of the realm, under the key remembered of its log, else the served one. */
export async function proveObject(
  session: Session,
  { uid, resourceVersion }: { readonly uid?: string; readonly resourceVersion?: string },
): Promise<string> {
  const source = ledgerSource(session.client, 'changes');
  const index = Number(resourceVersion);
  await waitUntilSigned(source, index);
  const remembered = await recall(session.client.connection.server, 'changes');
  const trust = remembered?.vkeys ?? (await servedKey(source));
  const receipt = await proveInclusion(source, trust, index);
  const { leaf } = checkReceipt(receipt, trust);
  if (leaf.type !== 'change' || leaf.uid !== uid) {
    throw new CliError(
      `leaf ${index} is not about this object: the region shows something its ledger does not say`,
    );
  }
  return receipt;
}

/** The object as a leaf has its digest: what a receipt of that leaf is about. */
export async function leafBody({ client }: Session, index: number): Promise<Uint8Array> {
  const { body } = await client.send({ path: `/ledger/changes/${bodyPath(index)}`, accept: '*/*' });
  return body;
}

/** What stands beside the leaf of persons; undefined when nothing does, or no more. */
async function recordBeside(source: TileSource, leaf: Leaf): Promise<PersonalRecord | undefined> {
  if (!isRecorded(leaf)) return undefined;
  const records = await readPersonal(source, Math.floor(leaf.index / TILE_WIDTH));
  return records && openPersonal(leaf, records);
}

/** Where the record beside a receipt's leaf is written to, and looked for. */
const recordFileOf = (receipt: string) => `${receipt}.record.json`;

/** The record that was given, or lies beside the receipt. */
function recordFor(file: string, { record }: CheckOptions, leaf: Leaf): PersonalRecord | undefined {
  if (record !== undefined) return givenRecord(record, leaf);
  const beside = recordFileOf(file);
  return isRecorded(leaf) && existsSync(beside) ? givenRecord(beside, leaf) : undefined;
}

/** Reads the record beside a leaf from a file. */
function givenRecord(file: string, leaf: Leaf): PersonalRecord {
  const bytes = readFileOr(file);
  if (!isRecorded(leaf)) throw usageError(`--record: beside leaf ${leaf.index} stands none`);
  if (personalDigest(bytes) !== leaf.personal) {
    throw new CliError(`${file} does NOT belong to this receipt: the leaf was written with another record`);
  }
  return parsePersonalBytes(bytes);
}

/** Who cosigned, as lines for people. Pure. */
export const cosignedLines = (cosigned: readonly Cosigned[]): string[] =>
  cosigned.map(({ witness, time_s }) => `  cosigned by ${witness} on ${rfc3339(time_s * 1_000)}`);

export interface CheckOptions extends TrustOptions {
  readonly record?: string;
  readonly leaf?: string;
  readonly output: 'text' | 'json';
}

const readFileOr = (file: string): Buffer => {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      exitCode: EXIT.notFound,
    });
  }
};

export const checkReceiptFile = reporting(async (file: string, options: CheckOptions, _command: Command) => {
  const trust = givenTrust(options);
  if (trust === undefined) throw usageError('what is trusted? Give --key or --policy');
  const leafFile = options.leaf === undefined ? undefined : readFileOr(options.leaf);
  const text = readFileOr(file).toString('utf8');
  let checked: ReturnType<typeof checkReceipt>;
  try {
    checked = checkReceipt(text, trust, leafFile);
  } catch (error) {
    throw new CliError(
      `${file} does NOT prove anything: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const { checkpoint, cosigned } = checked;
  const leaf = wholeLeaf(checked.leaf, recordFor(file, options, checked.leaf));
  if (options.output === 'json') {
    const { origin, size, root } = checkpoint;
    return printJson({ valid: true, origin, size, root: root.toString('base64'), cosigned, leaf });
  }
  printLines([
    `${file}: proven. ${checkpoint.origin} signed that this is its leaf ${leaf.index}:`,
    ...leafLines(leaf),
    ...cosignedLines(cosigned),
    `  (in a log of ${checkpoint.size} leaves with root ${checkpoint.root.toString('base64')})`,
  ]);
});

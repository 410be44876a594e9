/** `casemate ledger compare` and `ledger check-evidence`. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Checkpoint, parseCheckpointList, readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import type { HashReader } from '#kernel/log/proof.ts';
import { judgeCheckpoint } from '#trust/ledger/judge.ts';
import type { Policy } from '#trust/ledger/policy.ts';
import { policyOf, type Trust } from '#trust/ledger/receipt.ts';
import { directorySource, hashesOf, readText, type TileSource } from '#trust/ledger/source.ts';
import { checkSplitView, compareCheckpoints, originOf } from '#trust/ledger/split-view.ts';
import { openWitness } from '#trust/witness/folder.ts';
import { readWitness } from '#trust/witness/read.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, EXIT, reporting, usageError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printLines } from '../resources/output.ts';
import { Session } from '../resources/session.ts';
import { givenTrust, type TrustOptions } from './key.ts';
import { LOG_NAMES, ledgerSource } from './source.ts';

export interface CompareOptions extends SessionOptions, TrustOptions {
  readonly from?: readonly string[];
  readonly ca?: string;
  readonly evidence: string;
}

function requireTrust(options: TrustOptions): Trust {
  const trust = givenTrust(options);
  if (trust === undefined) throw usageError('what is trusted? Give --key or --policy');
  return trust;
}

/** The checkpoints that a party was shown, by log, as far as `policy` knows the log. */
async function shownTo(party: string, policy: Policy, ca: string | undefined): Promise<Map<string, string>> {
  const origins = new Set(policy.logs.map(({ name }) => name));
  const notes = await notesOf(party, [...origins], ca);
  const shown = new Map<string, string>();
  for (const note of notes) {
    const origin = originOf(note);
    if (!origins.has(origin)) continue;
    judgeCheckpoint(note, policy);
    shown.set(origin, note);
  }
  return shown;
}

async function notesOf(party: string, origins: readonly string[], ca: string | undefined): Promise<string[]> {
  if (/^https?:\/\//.test(party)) {
    return parseCheckpointList(
      await readWitness(party, ca === undefined ? undefined : readFileSync(ca, 'utf8')),
    );
  }
  if (!statSync(party).isDirectory()) return parseCheckpointList(readFileSync(party, 'utf8'));
  const witness = await openWitness(party);
  const notes = await Promise.all(origins.map((origin) => witness.latest(origin)));
  return notes.filter((note) => note !== undefined);
}

export const compare = reporting(async (a: string, b: string, options: CompareOptions, _command: Command) => {
  const policy = policyOf(requireTrust(options));
  const [first, second] = [await shownTo(a, policy, options.ca), await shownTo(b, policy, options.ca)];
  const both = [...first.keys()].filter((origin) => second.has(origin));
  if (both.length === 0) throw new CliError('there is no log that both were shown and whose key is trusted');
  const asksServer = options.kubeconfig !== undefined || options.context !== undefined;
  const session = asksServer ? new Session(options) : undefined;
  try {
    for (const origin of both) {
      const [one, other] = [first.get(origin) ?? '', second.get(origin) ?? ''];
      const sources = [...(options.from ?? []).map(directorySource), ...serverSources(session, origin)];
      const readers = ({ size }: Checkpoint): HashReader[] => sources.map((source) => hashesIn(source, size));
      const found = await compareCheckpoints(one, other, policy, readers);
      if (found.verdict === 'same-history') {
        printLines([`${origin}: one history`]);
      } else if (found.verdict === 'unknown') {
        process.exitCode = EXIT.error;
        printLines([
          `${origin}: NOT COMPARED: ${found.why}`,
          '  whoever shows the larger tree can give its hashes: --from with a copy of that log, or --kubeconfig',
        ]);
      } else {
        process.exitCode = EXIT.error;
        writeFileSync(options.evidence, found.evidence);
        printLines([
          `${origin}: TWO HISTORIES: both checkpoints are signed by the log, and no one log contains both`,
          `  anybody can check it: ${ownCommand()} ledger check-evidence ${shellWord(options.evidence)} --key KEY`,
        ]);
      }
    }
  } finally {
    session?.client.close();
  }
});

/** The hashes of a tree of `size` leaves in a log that may have grown since: its tiles are those of the size it has. */
function hashesIn(source: TileSource, size: number): HashReader {
  const opened = readText(source, 'checkpoint')
    .then((note) => readUnverifiedCheckpoint(note).size)
    .then((now) => hashesOf(source, Math.max(now, size)));
  opened.catch(() => {});
  return async (level, start, count) => (await opened)(level, start, count);
}

function serverSources(session: Session | undefined, origin: string): TileSource[] {
  const log = LOG_NAMES.find((name) => origin.endsWith(`/${name}`));
  return session === undefined || log === undefined ? [] : [ledgerSource(session.client, log)];
}

export const checkEvidence = reporting(async (file: string, options: TrustOptions, _command: Command) => {
  const trust = requireTrust(options);
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  let proven: ReturnType<typeof checkSplitView>;
  try {
    proven = checkSplitView(text, trust);
  } catch (error) {
    throw new CliError(
      `${file} does NOT prove anything: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const [small, large] = proven.checkpoints;
  printLines([
    `${file}: proven. ${proven.origin} signed two histories:`,
    `  ${small.size} leaves with root ${small.root.toString('base64')}`,
    `  ${large.size} leaves with root ${large.root.toString('base64')}, which does not begin with them`,
  ]);
});

/** `casemate ledger verify` and `ledger key`. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { rfc3339 } from '#kernel/clock.ts';
import { readUnverifiedCheckpoint } from '#kernel/log/checkpoint.ts';
import { isLogError } from '#kernel/log/log-error.ts';
import { SIGNATURE_TYPE, vkeyOf } from '#kernel/log/note.ts';
import { readLeaves } from '#trust/ledger/leaves.ts';
import { followOrganizations } from '#trust/ledger/organizations.ts';
import type { RecordsReport } from '#trust/ledger/personal.ts';
import type { Policy } from '#trust/ledger/policy.ts';
import type { Problem } from '#trust/ledger/problem.ts';
import type { Trust } from '#trust/ledger/receipt.ts';
import { directorySource, type TileSource } from '#trust/ledger/source.ts';
import { type LedgerReport, verifyLog } from '#trust/ledger/verify.ts';
import { CliError, EXIT, reporting, usageError } from '../resources/errors.ts';
import { textAt } from '../resources/objects.ts';
import type { SessionOptions } from '../resources/options.ts';
import { print, printJson, printLines } from '../resources/output.ts';
import { listObjects } from '../resources/read.ts';
import { inSession, Session } from '../resources/session.ts';
import { alignRows } from '../resources/table.ts';
import { givenTrust, servedKey } from './key.ts';
import { recall, remember } from './memory.ts';
import { type LedgerName, LOG_NAMES, ledgerSource } from './source.ts';

export interface VerifyOptions extends SessionOptions {
  readonly log?: LedgerName;
  readonly key?: string;
  readonly policy?: string;
  readonly known?: readonly string[];
  readonly from?: string;
  readonly folder?: string;
  readonly remember: boolean;
  readonly forget?: boolean;
  readonly allOrganizations?: boolean;
  readonly output: 'text' | 'json';
}

export const key = inSession(
  async (session: Session, options: SessionOptions & { readonly log: LedgerName }) => {
    printLines((await servedKey(ledgerSource(session.client, options.log))).split(' '));
  },
);

const placeOf = (problem: Problem) => {
  if (problem.leaf !== undefined) return `leaf ${problem.leaf}`;
  if (problem.tile !== undefined) return problem.tile;
  return problem.size === undefined ? '' : `size ${problem.size}`;
};

function problemLines(problems: readonly Problem[], count: number): string[] {
  return [
    ...problems.map((problem) => `  ${problem.code}  ${placeOf(problem)}: ${problem.message}`),
    ...(count > problems.length ? [`  … and ${count - problems.length} more`] : []),
  ];
}

const witnessText = ({ cosigned }: LedgerReport) =>
  cosigned.map(({ witness, time_s }) => `${witness} on ${rfc3339(time_s * 1_000)}`).join(', ');

/** What stands beside leaves, and what the log says of erasing it. */
function besideRows({ records, bodies }: LedgerReport): string[][] {
  return [
    ...(records ? rowsOf('  of persons', 'records', records) : []),
    // Where nothing is gone there is nothing to tell that the leaves do not.
    ...(bodies && bodies.erased > 0 ? rowsOf('  bodies', 'objects', bodies) : []),
  ];
}

function rowsOf(label: string, what: string, { kept, erased, erasures }: RecordsReport): string[][] {
  return [
    [label, `${kept} ${what} are as they were written, ${erased} were erased`],
    ...erasures.map(({ from, to, actor, time, reason }) => [
      '',
      `leaves ${from} to ${to}: erased by ${actor} on ${time}: ${reason}`,
    ]),
  ];
}

/** A report as lines for people. Pure. */
export function reportLines(report: LedgerReport, keyFrom: string): string[] {
  const types = Object.entries(report.types).map(([type, count]) => `${count} ${type}`);
  const isWhole = report.problemCount === 0;
  return [
    `${report.origin}: ${isWhole ? 'verified' : `NOT WHOLE, ${report.problemCount} problem${report.problemCount === 1 ? '' : 's'}`}`,
    ...alignRows([
      ['  leaves', `${report.verifiedLeaves} of ${report.size} (${types.join(', ')})`],
      ['  checkpoints', `${report.verifiedCheckpoints} fit the leaves`],
      ...(report.cosigned.length === 0
        ? []
        : [['  cosigned', `the first ${report.witnessedLeaves} leaves: ${witnessText(report)}`]]),
      ...besideRows(report),
      ['  from', `${report.firstTime ?? '?'} to ${report.lastTime ?? '?'}`],
      ['  root', report.root],
      ['  key', keyFrom],
    ]),
    ...(report.clockSteps > 0
      ? [`  note: time went backwards ${report.clockSteps} times; a clock was set`]
      : []),
    ...problemLines(report.problems, report.problemCount),
  ];
}

function progress(name: string): ((leaves: number, size: number) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return (leaves, size) =>
    process.stderr.write(leaves === size ? '\r\x1b[K' : `\r${name}: ${leaves} of ${size} leaves`);
}

interface Verified {
  readonly report: LedgerReport;
  readonly keyFrom: string;
}

async function verifyServed(session: Session, log: LedgerName, options: VerifyOptions): Promise<Verified> {
  const source = ledgerSource(session.client, log);
  const { server } = session.client.connection;
  const before = options.remember && !options.forget ? await recall(server, log) : undefined;
  const given = givenTrust(options);
  const served = given ?? before?.vkeys ?? (await servedKey(source));
  const keyFrom =
    given !== undefined
      ? givenText(options)
      : before !== undefined
        ? 'remembered from the first time'
        : 'told by the server itself: compare it with what you were given';
  // A key that was remembered stays the one to verify with; a log that changed its key cannot be verified with it.
  const known = [
    ...(before?.checkpoint === undefined || !isSameKey(before.vkeys, served) ? [] : [before.checkpoint]),
    ...knownFiles(options),
  ];
  const onProgress = progress(log);
  const report = await verifyLog(source, served, { known, ...(onProgress ? { onProgress } : {}) }).catch(
    (error: unknown) => {
      if (before === undefined || given !== undefined || !isLogError(error, 'UNKNOWN_KEY')) throw error;
      throw new CliError(
        `the ${log} log is signed by another key than the one remembered from the first time: ${error.message}`,
        {
          hint: 'if it was destroyed and made anew, say --forget; if not, somebody is showing you another log',
        },
      );
    },
  );
  if (options.remember && report.problemCount === 0 && canRemember(served, report.origin)) {
    const vkeys = typeof served === 'string' ? served : keysOf(served, report.origin);
    await remember(server, log, { vkeys, checkpoint: report.checkpoint }).catch((error: Error) => {
      process.stderr.write(`note: cannot remember this for next time: ${error.message}
`);
    });
  }
  return { report, keyFrom };
}

const givenText = ({ policy }: VerifyOptions) => (policy === undefined ? 'given' : `policy ${policy}`);

/** The Ed25519 key of a log as a policy names it: what is remembered of it. */
const keysOf = (policy: Policy, origin: string) =>
  policy.logs
    .filter(({ name, type }) => name === origin && type === SIGNATURE_TYPE.ed25519)
    .map(vkeyOf)
    .join(' ');

const canRemember = (trust: Trust, origin: string) =>
  typeof trust === 'string' || keysOf(trust, origin) !== '';

/** Whether what was remembered is of a key that is trusted now: then it must fit. */
function isSameKey(remembered: string, trust: Trust): boolean {
  const [first = ''] = remembered.split(' ', 1);
  const now = typeof trust === 'string' ? trust.split(' ') : trust.logs.map(vkeyOf);
  return now.includes(first);
}

const knownFiles = (options: VerifyOptions) =>
  (options.known ?? []).map((file) => readFileSync(file, 'utf8'));

/** The folders of the logs in an export; a folder that is a copy of one log is that one. */
function copiesIn(folder: string, { log }: VerifyOptions): string[] {
  if (existsSync(join(folder, 'checkpoint'))) return [folder];
  const copies = (log === undefined ? LOG_NAMES : [log])
    .map((name) => join(folder, name))
    .filter((copy) => existsSync(join(copy, 'checkpoint')));
  if (copies.length === 0) throw new CliError(`${folder} holds no log`, { exitCode: EXIT.notFound });
  return copies;
}

/** The keys that are for the log of a copy: an export has two logs, and somebody may give the keys of both. */
function trustFor(copy: string, trust: Trust): Trust {
  if (typeof trust !== 'string') return trust;
  const { origin } = readUnverifiedCheckpoint(readFileSync(join(copy, 'checkpoint'), 'utf8'));
  const own = trust.split(' ').filter((vkey) => vkey.startsWith(`${origin}+`));
  return own.length === 0 ? trust : own.join(' ');
}

async function verifyFolder(folder: string, options: VerifyOptions): Promise<Verified> {
  const source: TileSource = directorySource(folder);
  const trust = givenTrust(options);
  if (trust === undefined) {
    throw usageError('a copy of a log is verified with the log’s key: give --key, or --policy');
  }
  const onProgress = progress(folder);
  const report = await verifyLog(source, trustFor(folder, trust), {
    known: knownFiles(options),
    ...(onProgress ? { onProgress } : {}),
  });
  return { report, keyFrom: givenText(options) };
}

function finish(verified: readonly Verified[], output: 'text' | 'json'): void {
  if (output === 'json')
    print(
      `${JSON.stringify(
        verified.map(({ report }) => report),
        null,
        4,
      )}\n`,
    );
  else printLines(verified.flatMap(({ report, keyFrom }) => reportLines(report, keyFrom)));
  if (verified.some(({ report }) => report.problemCount > 0)) process.exitCode = EXIT.error;
}

async function verifyOrganizations(session: Session, options: VerifyOptions): Promise<void> {
  session.requireRegion('--all-organizations');
  const own = await verifyServed(session, 'changes', options);
  const vkeys = new Map<string, string>();
  const type = (await session.types()).find(({ kind }) => kind === 'Organization');
  if (type === undefined) throw new CliError('this server has no organizations');
  const organizations = await listObjects(session.client, type, undefined);
  for (const organization of organizations.items) {
    for (const log of LOG_NAMES) {
      const vkey = textAt(organization, 'status', 'ledger', log);
      if (vkey !== undefined) vkeys.set(vkey.split('+', 1)[0] ?? '', vkey);
    }
  }
  const source = ledgerSource(session.client, 'changes');
  const report = await followOrganizations(readLeaves(source, own.report.size, 0, own.report.size), vkeys);
  if (options.output === 'json') {
    printJson({ region: own.report, organizations: report });
  } else {
    const rows = report.logs.map((log) => [
      log.origin,
      String(log.size),
      String(log.checkpoints),
      log.time,
      log.root,
    ]);
    printLines([
      ...reportLines(own.report, own.keyFrom),
      '',
      ...alignRows([['LOG', 'LEAVES', 'CHECKPOINTS', 'LATEST', 'ROOT'], ...rows]),
      ...problemLines(report.problems, report.problemCount),
    ]);
  }
  if (own.report.problemCount + report.problemCount > 0) process.exitCode = EXIT.error;
}

export const verify = reporting(async (options: VerifyOptions, _command: Command) => {
  const folder = options.from ?? options.folder;
  if (folder !== undefined) {
    const copies: Verified[] = [];
    for (const copy of copiesIn(folder, options)) copies.push(await verifyFolder(copy, options));
    return finish(copies, options.output);
  }
  const session = new Session(options);
  try {
    if (options.allOrganizations) return await verifyOrganizations(session, options);
    const verified: Verified[] = [];
    for (const log of options.log === undefined ? LOG_NAMES : [options.log]) {
      verified.push(await verifyServed(session, log, options));
    }
    finish(verified, options.output);
  } finally {
    session.client.close();
  }
});

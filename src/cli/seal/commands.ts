/** `casemate seal status`, `probe`, `report`, `flows`, `approve` and `reject`. */
import { randomUUID } from 'node:crypto';
import { deciding, printAll } from '../approvals/commands.ts';
import { proveObject } from '../ledger/receipts.ts';
import { ownCommand } from '../own-command.ts';
import { objectPath, type ResourceType } from '../resources/discovery.ts';
import { CliError } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { OutputFormat, SessionOptions } from '../resources/options.ts';
import { printJson, printLines, withoutManagedFields } from '../resources/output.ts';
import { getObject, listObjects } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { type Report, reportLines, type Seal, statusLines, type Time, timeLines } from './text.ts';

const GROUP = 'seal.casemate.internal';
const NAME = 'region';
const NOT_SEALED = 3;
/** A probe takes a few seconds; a region that is busy, a while. */
const PROBE_WAIT_MS = 60_000;
const PROBE_LOOK_MS = 250;

interface OutputOptions extends SessionOptions {
  readonly output: 'text' | 'json';
}

async function typeOf(session: Session, kind: string): Promise<ResourceType> {
  session.requireRegion('casemate seal');
  return session.typeOf(GROUP, kind);
}

async function read<T extends AnyObject>(session: Session, kind: string, name: string): Promise<T> {
  return (await getObject(session.client, await typeOf(session, kind), undefined, name)) as T;
}

export const sealStatus = inSession(async (session: Session, options: OutputOptions) => {
  const seal = await read<Seal>(session, 'Seal', NAME);
  const flows = (await listObjects(session.client, await typeOf(session, 'Interconnection'), undefined))
    .items;
  const sealed = seal.status?.conditions?.find(({ type }) => type === 'Sealed');
  if (options.output === 'json')
    printJson({ seal: withoutManagedFields(seal), flows: flows.map(withoutManagedFields) });
  else printLines(statusLines(seal, flows));
  if (sealed?.status !== 'True') process.exitCode = NOT_SEALED;
});

export const sealTime = inSession(async (session: Session, options: OutputOptions) => {
  const time = await read<Time>(session, 'RegionTime', NAME);
  if (options.output === 'json') printJson(withoutManagedFields(time));
  else printLines(timeLines(time));
  if (time.status?.conditions?.find(({ type }) => type === 'OnTime')?.status === 'False')
    process.exitCode = NOT_SEALED;
});

export const sealProbe = inSession(async (session: Session, options: OutputOptions) => {
  const type = await typeOf(session, 'Seal');
  const word = randomUUID();
  await session.client.json({
    method: 'PATCH',
    path: objectPath(type, undefined, NAME),
    query: { fieldManager: 'casemate' },
    contentType: 'application/merge-patch+json',
    body: { spec: { probe: word } },
  });
  for (let waited_ms = 0; waited_ms < PROBE_WAIT_MS; waited_ms += PROBE_LOOK_MS) {
    const { status } = await read<Seal>(session, 'Seal', NAME);
    if (status?.probed === word && status.report !== undefined) return show(session, status.report, options);
    await new Promise((resolve) => setTimeout(resolve, PROBE_LOOK_MS));
  }
  throw new CliError(`the region has not answered in ${PROBE_WAIT_MS / 1_000} s`, {
    hint: `${ownCommand()} seal status says whether it can`,
  });
});

export const sealReport = inSession(async (session: Session, options: OutputOptions, name?: string) => {
  const last = name ?? (await read<Seal>(session, 'Seal', NAME)).status?.report;
  if (last === undefined)
    throw new CliError('there is no report yet', { hint: `${ownCommand()} seal probe` });
  await show(session, last, options);
});

async function show(session: Session, name: string, { output }: OutputOptions): Promise<void> {
  const report = await read<Report>(session, 'SealReport', name);
  if (output === 'text') printLines(reportLines(report));
  else printJson({ report, receipt: await proveObject(session, report.metadata) });
  if (!report.spec.sealed) process.exitCode = NOT_SEALED;
}

export const sealFlows = inSession(
  async (session: Session, { output }: SessionOptions & { readonly output: OutputFormat }) =>
    printAll(session, await typeOf(session, 'Interconnection'), output),
);

const flowType = (session: Session) => typeOf(session, 'Interconnection');

export const approve = deciding('approve', flowType);
export const reject = deciding('reject', flowType);

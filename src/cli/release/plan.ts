/** `casemate release plan` and `list`. */
import type { Phase, ReleaseStatus } from '#gap/release/release-kind.ts';
import { printAll } from '../approvals/commands.ts';
import { find, gapType, make } from '../gap/objects.ts';
import { ownCommand } from '../own-command.ts';
import { objectPath, type ResourceType } from '../resources/discovery.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { OutputFormat, SessionOptions } from '../resources/options.ts';
import { printJson, printLines, withoutManagedFields } from '../resources/output.ts';
import { waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { planLines } from './text.ts';

const PLAN_LIMIT_MS = 60_000;
/** Of these nothing more comes: planning anew begins anew. */
const OVER: readonly Phase[] = ['Blocked', 'Failed', 'RolledBack', 'Interrupted', 'Replaced'];

export const statusOf = (object: AnyObject | undefined) => object?.status as ReleaseStatus | undefined;

export const plan = inSession(
  async (
    session: Session,
    { output }: SessionOptions & { readonly output: 'text' | 'json' },
    version: string,
  ) => {
    const type = await gapType(session, 'Release');
    const before = await find(session, type, version);
    if (before !== undefined && OVER.includes(statusOf(before)?.phase ?? 'Planning')) {
      await session.client.json({ method: 'DELETE', path: objectPath(type, undefined, version) });
      await untilPhase(session, type, version, (found) => found === undefined);
    }
    if (before === undefined || OVER.includes(statusOf(before)?.phase ?? 'Planning'))
      await make(session, type, version, { version });
    const found = await untilPhase(
      session,
      type,
      version,
      (object) => statusOf(object)?.phase !== 'Planning',
    );
    const status = statusOf(found);
    if (status?.phase === 'Blocked') process.exitCode = EXIT.error;
    if (output === 'json') printJson(found === undefined ? null : withoutManagedFields(found));
    else printLines(planLines(version, status, ownCommand()));
  },
);

export const list = inSession(
  async (session: Session, { output }: SessionOptions & { readonly output: OutputFormat }) =>
    printAll(session, await gapType(session, 'Release'), output),
);

/** The object once it is so. */
export function untilPhase(
  session: Session,
  type: ResourceType,
  name: string,
  isSo: (object: AnyObject | undefined) => boolean,
): Promise<AnyObject | undefined> {
  return waitForObject(
    session.client,
    { type, project: undefined, name },
    PLAN_LIMIT_MS,
    isSo,
    (object) => `it is ${statusOf(object)?.phase ?? 'not there'}`,
  );
}

/** The Release, or what to do first. */
export async function planned(session: Session, type: ResourceType, version: string): Promise<AnyObject> {
  const found = await find(session, type, version);
  if (found === undefined)
    throw new CliError(`release ${version} was not planned`, {
      exitCode: EXIT.notFound,
      hint: `${ownCommand()} release plan ${version}`,
    });
  return found;
}

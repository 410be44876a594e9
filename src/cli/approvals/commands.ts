/** `casemate approval request`, `approve`, `reject` and `list`. */
import { ownCommand } from '../own-command.ts';
import { collectionPath, objectPath, type ResourceType } from '../resources/discovery.ts';
import { CliError } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { OutcomeOptions, OutputFormat, SessionOptions } from '../resources/options.ts';
import { objectName, print, printLines, printOutcome, renderObjects } from '../resources/output.ts';
import { getObject, listObjects, listTable } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { renderTable } from '../resources/table.ts';
import { parseObjectTargets } from '../resources/targets.ts';

const ACCESS = 'access.casemate.internal';

/** A type of the access group. */
export const accessType = (session: Session, kind: string): Promise<ResourceType> =>
  session.typeOf(ACCESS, kind);

/** Prints the objects of a type, as `get` would. */
export async function printAll(session: Session, type: ResourceType, output: OutputFormat): Promise<void> {
  if (output === 'table' || output === 'wide') {
    return printLines(
      renderTable(await listTable(session.client, type, undefined), { wide: output === 'wide' }),
    );
  }
  const { items } = await listObjects(session.client, type, undefined);
  if (output === 'name') return printLines(items.map((item) => objectName(type, item.metadata.name)));
  print(renderObjects(items, output, true));
}

/** Asks an object to do something. */
export const act = (session: Session, type: ResourceType, name: string, action: string, body: object) =>
  session.client.json<Record<string, unknown>>({
    method: 'POST',
    path: `${objectPath(type, undefined, name)}/${action}`,
    body,
  });

export interface RequestOptions extends SessionOptions, OutcomeOptions {
  readonly reason: string;
  readonly reasonCode: string;
  readonly expires: number;
}

export const approvalRequest = inSession(
  async (session: Session, options: RequestOptions, transition: string, target: string) => {
    const [meant] = parseObjectTargets(await session.types(), [target]);
    if (meant === undefined) throw new CliError('which object? Give TYPE/NAME');
    const { type, name } = meant;
    const project = session.projectFor(type);
    const { metadata } = await getObject(session.client, type, project, name);
    const requests = await accessType(session, 'ApprovalRequest');
    const made = await session.client.json<AnyObject>({
      method: 'POST',
      path: collectionPath(requests, undefined),
      query: { fieldManager: 'casemate' },
      body: {
        apiVersion: `${ACCESS}/${requests.version}`,
        kind: requests.kind,
        metadata: { generateName: `${transition}-${name}`.slice(0, 50).replace(/[^a-z0-9]*$/, '-') },
        spec: {
          target: {
            resource: type.group === '' ? type.plural : `${type.plural}.${type.group}`,
            ...(project === undefined ? {} : { namespace: project }),
            name,
            uid: metadata.uid,
          },
          transition,
          reasonCode: options.reasonCode,
          reason: options.reason,
          expiresAt: new Date(Date.now() + options.expires).toISOString(),
        },
      },
    });
    if (options.output !== undefined) return printOutcome(requests, made, 'created', options);
    printLines([
      `${objectName(requests, made.metadata.name)} created. Somebody else approves it:`,
      `  ${ownCommand()} approval approve ${made.metadata.name}`,
      'Then do what you asked for.',
    ]);
  },
);

export interface DecideOptions extends SessionOptions {
  readonly note?: string;
}

/** A command that says yes or no to one object, and what became of it. */
export const deciding = (action: string, typeOf: (session: Session) => Promise<ResourceType>) =>
  inSession(async (session: Session, { note }: DecideOptions, name: string) => {
    const type = await typeOf(session);
    const body = note === undefined ? {} : { note };
    const { phase, approvals, required } = await act(session, type, name, action, body);
    const counted = required === undefined ? '' : `: ${approvals} of ${required} approvals`;
    printLines([`${objectName(type, name)} is ${phase}${counted}`]);
  });

const requestType = (session: Session) => accessType(session, 'ApprovalRequest');

export const approve = deciding('approve', requestType);
export const reject = deciding('reject', requestType);

export interface ListOptions extends SessionOptions {
  readonly output: OutputFormat;
}

export const approvalList = inSession(async (session: Session, options: ListOptions) => {
  await printAll(session, await requestType(session), options.output);
});

/**
 * `casemate user invite, list, disable, enable, remove` and `casemate group add, remove`: what takes more than one object. Everything else
 * about people is plain `casemate get`, `apply` and `delete`.
 */
import { apiVersionOf, collectionPath, objectPath, type ResourceType } from '../resources/discovery.ts';
import { ApiError, CliError } from '../resources/errors.ts';
import { type AnyObject, textAt, valueAt } from '../resources/objects.ts';
import type { OutputFormat, SessionOptions } from '../resources/options.ts';
import { objectName, print, printLines, renderObjects } from '../resources/output.ts';
import { findObject, getObject, listObjects, listTable, waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { renderTable } from '../resources/table.ts';

const IDENTITY = 'identity.casemate.internal';
const ACCESS = 'access.casemate.internal';
const MERGE_PATCH = 'application/merge-patch+json';
/** How often a change is tried again when somebody else changed the object meanwhile. */
const CONFLICTS_MAX = 5;
/** How long the removal of a person may take. */
const REMOVED_MS_MAX = 60_000;

const isReason = (error: unknown, reason: string) =>
  error instanceof ApiError && error.status.reason === reason;

const make = (session: Session, type: ResourceType, metadata: object, spec: object) =>
  session.client.json<AnyObject>({
    method: 'POST',
    path: collectionPath(type, undefined),
    query: { fieldManager: 'casemate' },
    body: { apiVersion: apiVersionOf(type), kind: type.kind, metadata, spec },
  });

const patch = (session: Session, type: ResourceType, name: string, body: object) =>
  session.client.json<AnyObject>({
    method: 'PATCH',
    path: objectPath(type, undefined, name),
    query: { fieldManager: 'casemate' },
    contentType: MERGE_PATCH,
    body,
  });

async function unlessThere(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) return false;
    throw error;
  }
}

const textsAt = (object: AnyObject, ...path: readonly string[]): readonly string[] => {
  const found = valueAt(object, ...path);
  return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
};

/** Changes the members of a group that is there, whoever else does at the same time. */
async function changeMembers(
  session: Session,
  group: string,
  change: (members: readonly string[]) => readonly string[],
): Promise<void> {
  const type = await session.typeOf(IDENTITY, 'Group');
  for (let attempt = 1; ; attempt++) {
    const object = await getObject(session.client, type, undefined, group);
    const before = textsAt(object, 'spec', 'members');
    const members = change(before);
    if (members.length === before.length && members.every((one) => before.includes(one))) return;
    const { resourceVersion } = object.metadata;
    try {
      await patch(session, type, group, { metadata: { resourceVersion }, spec: { members } });
      return;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt === CONFLICTS_MAX) throw error;
    }
  }
}

const withMembers = (added: readonly string[]) => (members: readonly string[]) => [
  ...new Set([...members, ...added]),
];

export interface InviteOptions extends SessionOptions {
  readonly displayName?: string;
  readonly email?: string;
  readonly group?: readonly string[];
  readonly role?: string;
  readonly hours?: number;
}

export const userInvite = inSession(async (session: Session, options: InviteOptions, name: string) => {
  const { displayName = name, email, group = [], role, project, hours } = options;
  const users = await session.typeOf(IDENTITY, 'User');
  const invitations = await session.typeOf(IDENTITY, 'Invitation');
  // First what can be wrong: somebody half invited is left behind by nothing but a lost connection.
  const groups = group.length === 0 ? undefined : await session.typeOf(IDENTITY, 'Group');
  for (const one of group) if (groups) await getObject(session.client, groups, undefined, one);
  const spec = { displayName, ...(email === undefined ? {} : { email }) };
  const isNew = await unlessThere(make(session, users, { name }, spec));
  for (const one of group) await changeMembers(session, one, withMembers([name]));
  if (role !== undefined) await giveRole(session, name, role, project);
  const invitation = await make(
    session,
    invitations,
    { generateName: `${name}-` },
    { user: name, ...(hours === undefined ? {} : { validHours: hours }) },
  );
  const path = `${objectPath(invitations, undefined, invitation.metadata.name)}/link`;
  const link = await session.client.json<AnyObject>({ method: 'POST', path, body: {} });
  printLines([
    isNew
      ? `${name} is invited. Hand over this link safely: whoever opens it first becomes ${name}.`
      : `${name} is invited again: what they sign in with now stops working once they use this link. Hand it over safely.`,
    '',
    `  ${textAt(link, 'url') ?? ''}`,
    '',
    `It works once, until ${textAt(link, 'expiresAt') ?? 'it expires'}. To take it back: casemate delete invitation ${invitation.metadata.name}`,
    ...(isNew && role === undefined && group.length === 0
      ? [`${name} holds no role yet: add --group or --role, or make a RoleBinding.`]
      : []),
  ]);
});

async function giveRole(session: Session, user: string, role: string, project: string | undefined) {
  const bindings = await session.typeOf(ACCESS, 'RoleBinding');
  const name = [user, role, ...(project === undefined ? [] : [project])].join('-');
  const subjects = [{ kind: 'User', name: user }];
  const spec = { role, ...(project === undefined ? {} : { project }), subjects };
  await unlessThere(make(session, bindings, { name }, spec));
}

export interface UserListOptions extends SessionOptions {
  readonly output: OutputFormat;
}

export const userList = inSession(async (session: Session, options: UserListOptions) => {
  const users = await session.typeOf(IDENTITY, 'User');
  const { output } = options;
  if (output === 'table' || output === 'wide') {
    const table = await listTable(session.client, users, undefined);
    return printLines(renderTable(table, { wide: output === 'wide' }));
  }
  const { items } = await listObjects(session.client, users, undefined);
  if (output === 'name') return printLines(items.map((item) => objectName(users, item.metadata.name)));
  print(renderObjects(items, output, true));
});

const setDisabled = (disabled: boolean) =>
  inSession(async (session: Session, _options: SessionOptions, name: string) => {
    const users = await session.typeOf(IDENTITY, 'User');
    await patch(session, users, name, { spec: { disabled } });
    printLines([
      disabled
        ? `${name} can do nothing any more: signed out everywhere, client certificates refused.`
        : `${name} may sign in again.`,
    ]);
  });

export const userDisable = setDisabled(true);
export const userEnable = setDisabled(false);

export const userRemove = inSession(async (session: Session, _options: SessionOptions, name: string) => {
  const type = await session.typeOf(IDENTITY, 'User');
  const user = await findObject(session.client, type, undefined, name);
  if (user === undefined) throw new CliError(`there is no user "${name}"`, { hint: 'casemate user list' });
  await session.client.json<unknown>({ method: 'DELETE', path: objectPath(type, undefined, name) });
  const { uid } = user.metadata;
  await waitForObject(
    session.client,
    { type, project: undefined, name },
    REMOVED_MS_MAX,
    (object) => object?.metadata.uid !== uid,
    () => 'they can do nothing any more, but not everything that names them is gone yet',
  );
  printLines([`${name} is gone, with everything they were signed in to and every role they held.`]);
});

export const groupAdd = inSession(
  async (session: Session, _options: SessionOptions, group: string, names: readonly string[]) => {
    const groups = await session.typeOf(IDENTITY, 'Group');
    const isNew = await unlessThere(make(session, groups, { name: group }, { members: names }));
    if (!isNew) await changeMembers(session, group, withMembers(names));
    printLines([`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} in group ${group}`]);
  },
);

export const groupRemove = inSession(
  async (session: Session, _options: SessionOptions, group: string, names: readonly string[]) => {
    await changeMembers(session, group, (members) => members.filter((one) => !names.includes(one)));
    printLines([`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not in group ${group}`]);
  },
);

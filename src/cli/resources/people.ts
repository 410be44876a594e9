/**
 * `casemate org`, `project` and `user`: the few things worth a command of their own, because they take more than one
 * object, or a key that must stay on this machine.
 */

import { ownCommand, shellWord } from '../own-command.ts';
import { checkWritable, keyAndRequest, writeAccess } from './credentials.ts';
import { collectionPath, type ResourceType } from './discovery.ts';
import { ApiError, CliError, usageError } from './errors.ts';
import { type AnyObject, type ConditionView, conditionOf, textAt } from './objects.ts';
import type { OutputFormat, SessionOptions } from './options.ts';
import { objectName, print, printLines, renderObjects } from './output.ts';
import { listObjects, listTable, waitForObject } from './read.ts';
import { inSession, type Session } from './session.ts';
import { renderTable } from './table.ts';
import { deleteOne } from './write.ts';

const TENANCY = 'tenancy.casemate.internal';
const ACCESS = 'access.casemate.internal';
const CONFIRM_DELETION = 'casemate.internal/confirm-deletion';
const FIRST_PROJECT = 'default';

const post = (session: Session, type: ResourceType, body: object) =>
  session.client.json<AnyObject>({
    method: 'POST',
    path: collectionPath(type, undefined),
    query: { fieldManager: 'casemate' },
    body,
  });

/** Whether a signing request will never be answered: its reason is one of `WeakKeyRequest`, `MalformedRequest`, … */
const isRefused = (ready: ConditionView | undefined) =>
  ready?.status === 'False' && ready.reason?.endsWith('Request') === true;

const stateOf = (object: AnyObject | undefined) => {
  const ready = conditionOf(object, 'Ready');
  return ready
    ? `${ready.reason ?? ready.status}: ${ready.message ?? ''}`
    : 'nothing has been said about it yet';
};

export interface NewPersonOptions extends SessionOptions {
  readonly out?: string;
  readonly csr?: string;
  readonly timeout: number;
}

export interface OrgCreateOptions extends NewPersonOptions {
  readonly admin: string;
  readonly displayName?: string;
}

/** The region's address without an organization's path. */
const regionServer = (server: string) => server.replace(/\/orgs\/[^/]+$/, '');

export const orgCreate = inSession(async (session: Session, options: OrgCreateOptions, name: string) => {
  session.requireRegion('casemate org create');
  const type = await session.typeOf(TENANCY, 'Organization');
  const file = options.out ?? `${name}.kubeconfig`;
  checkWritable(file);
  const { key, request } = await keyAndRequest(options.csr);
  await post(session, type, {
    apiVersion: `${type.group}/${type.version}`,
    kind: type.kind,
    metadata: { name },
    spec: {
      ...(options.displayName === undefined ? {} : { displayName: options.displayName }),
      firstAdministrator: { user: options.admin, request },
    },
  });
  process.stderr.write(`${objectName(type, name)} created; waiting until it is ready\n`);
  const ready = await waitForObject(
    session.client,
    { type, project: undefined, name },
    options.timeout,
    (object) => {
      if (object === undefined) throw new CliError(`organization "${name}" was deleted meanwhile`);
      const refused = conditionOf(object, 'Ready');
      if (isRefused(refused)) throw new CliError(refused?.message ?? 'the request was refused');
      return (
        conditionOf(object, 'Ready')?.status === 'True' &&
        textAt(object, 'status', 'firstAdministrator', 'certificate') !== undefined
      );
    },
    stateOf,
  );
  const certificate = textAt(ready, 'status', 'firstAdministrator', 'certificate') ?? '';
  const { connection } = session.client;
  const server = `${regionServer(connection.server)}/orgs/${name}`;
  const written = await writeAccess(connection, {
    file,
    server,
    name,
    project: FIRST_PROJECT,
    certificate,
    key,
  });
  const notAfter = textAt(ready, 'status', 'firstAdministrator', 'notAfter');
  printLines([
    `Organization "${name}" is ready at ${server}`,
    ...(written === 'certificate'
      ? [`The certificate of ${options.admin} is in ${file}; it goes with the key the request was made with.`]
      : [
          `${options.admin} signs in with ${file} (valid until ${notAfter ?? 'its certificate expires'}). Its key was made here and is nowhere else.`,
          '',
          'Next, as its administrator:',
          `  export KUBECONFIG=${shellWord(file)}`,
          `  ${ownCommand()} whoami`,
          `  ${ownCommand()} project create web`,
          `  ${ownCommand()} user create bob --role project-editor --project web`,
        ]),
  ]);
});

export interface ListOptions extends SessionOptions {
  readonly output: OutputFormat;
}

async function printList(session: Session, type: ResourceType, options: ListOptions): Promise<void> {
  if (options.output === 'table' || options.output === 'wide') {
    return printLines(
      renderTable(await listTable(session.client, type, undefined), { wide: options.output === 'wide' }),
    );
  }
  const { items } = await listObjects(session.client, type, undefined);
  if (options.output === 'name') return printLines(items.map((item) => objectName(type, item.metadata.name)));
  print(renderObjects(items, options.output, true));
}

export const orgList = inSession(async (session: Session, options: ListOptions) => {
  session.requireRegion('casemate org list');
  await printList(session, await session.typeOf(TENANCY, 'Organization'), options);
});

export interface OrgDeleteOptions extends SessionOptions {
  readonly yes?: boolean;
  readonly timeout: number;
}

export const orgDelete = inSession(async (session: Session, options: OrgDeleteOptions, name: string) => {
  session.requireRegion('casemate org delete');
  if (!options.yes) {
    throw usageError(
      `this destroys organization "${name}" with all its instances, data, ledger and keys; nothing can bring it back`,
      'add --yes to do it',
    );
  }
  const type = await session.typeOf(TENANCY, 'Organization');
  await session.client.json({
    method: 'PATCH',
    path: `${collectionPath(type, undefined)}/${encodeURIComponent(name)}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [CONFIRM_DELETION]: name } } },
  });
  await deleteOne(
    session,
    { type, project: undefined, name },
    { cascade: 'background', wait: true, timeout: options.timeout },
  );
  printLines([`${objectName(type, name)} deleted`]);
});

export const projectCreate = inSession(async (session: Session, _options: SessionOptions, name: string) => {
  session.requireOrganization('casemate project create');
  const type = await session.typeOf('', 'Namespace');
  await post(session, type, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  printLines([
    `Project "${name}" created. Use it with -n ${name}, or make it the default:`,
    `  kubectl config set-context --current --namespace=${name}`,
  ]);
});

export const projectList = inSession(async (session: Session, options: ListOptions) => {
  session.requireOrganization('casemate project list');
  await printList(session, await session.typeOf('', 'Namespace'), options);
});

export interface UserCreateOptions extends NewPersonOptions {
  readonly role: string;
  readonly group?: readonly string[];
  readonly days?: number;
}

export const userCreate = inSession(async (session: Session, options: UserCreateOptions, user: string) => {
  const { project } = options;
  const certificates = await session.typeOf(ACCESS, 'ClientCertificate');
  const bindings = await session.typeOf(ACCESS, 'RoleBinding');
  const file = options.out ?? `${user}.kubeconfig`;
  checkWritable(file);
  const { key, request } = await keyAndRequest(options.csr);
  const bindingName = [user, options.role, ...(project === undefined ? [] : [project])]
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-');
  const apiVersion = `${ACCESS}/${certificates.version}`;
  // The role first: when it is refused, no credential is left behind.
  await post(session, bindings, {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name: bindingName },
    spec: {
      role: options.role,
      ...(project === undefined ? {} : { project }),
      subjects: [{ kind: 'User', name: user }],
    },
  }).catch((error: unknown) => {
    // Somebody who holds the role already gets another credential.
    if (!(error instanceof ApiError) || error.status.reason !== 'AlreadyExists') throw error;
  });
  const name = user.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
  const made = await post(session, certificates, {
    apiVersion,
    kind: 'ClientCertificate',
    metadata: { generateName: `${name}-` },
    spec: {
      user,
      request,
      ...(options.group === undefined ? {} : { groups: options.group }),
      ...(options.days === undefined ? {} : { validity_days: options.days }),
    },
  });
  const signed = await waitForObject(
    session.client,
    { type: certificates, project: undefined, name: made.metadata.name },
    options.timeout,
    (object) => {
      if (object === undefined) throw new CliError(`the request of "${user}" was deleted meanwhile`);
      const ready = conditionOf(object, 'Ready');
      if (isRefused(ready)) throw new CliError(ready?.message ?? 'the request was refused');
      return textAt(object, 'status', 'certificate') !== undefined;
    },
    stateOf,
  );
  const { connection } = session.client;
  const written = await writeAccess(connection, {
    file,
    server: connection.server,
    name: session.organization === undefined ? user : `${user}@${session.organization}`,
    project,
    certificate: textAt(signed, 'status', 'certificate') ?? '',
    key,
  });
  printLines([
    `${user} may work as ${options.role}${project === undefined ? '' : ` in project "${project}"`}.`,
    written === 'kubeconfig'
      ? `Hand over ${file} safely: whoever holds it is ${user}.`
      : `The certificate is in ${file}; it goes with the key the request was made with.`,
    `To revoke it: ${ownCommand()} delete clientcertificate ${made.metadata.name}`,
  ]);
});

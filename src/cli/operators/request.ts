/** `casemate access-request create` and `open`: the operator’s side. The session's key is made here and stays here. */
import { readFile, writeFile } from 'node:fs/promises';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { accessType } from '../approvals/commands.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { checkWritable, writeAccess } from '../resources/credentials.ts';
import { collectionPath } from '../resources/discovery.ts';
import { CliError, usageError } from '../resources/errors.ts';
import { type AnyObject, textAt } from '../resources/objects.ts';
import type { SessionOptions } from '../resources/options.ts';
import { objectName, printLines } from '../resources/output.ts';
import { waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';

const INSTANCES = 'instances.compute.casemate.internal';
const READS = ['get', 'list', 'watch'];

interface Rule {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly names?: readonly string[];
}

export interface CreateOptions extends SessionOptions {
  readonly org: string;
  readonly reason: string;
  readonly reasonCode: string;
  readonly exec?: readonly string[];
  readonly log?: readonly string[];
  readonly read?: readonly string[];
  readonly allow?: readonly string[];
  readonly minutes: number;
  readonly breakGlass?: boolean;
  readonly key?: string;
}

/** `get,list:instances.compute.casemate.internal:web,db` as a rule. */
export function parseRule(text: string): Rule {
  const [verbs = '', resource = '', names, ...more] = text.split(':');
  if (verbs === '' || resource === '' || more.length > 0) {
    throw usageError(`"${text}" is no rule`, 'give VERB,VERB:RESOURCE[/SUBRESOURCE][:NAME,NAME]');
  }
  return {
    verbs: verbs.split(','),
    resources: [resource],
    ...(names === undefined ? {} : { names: names.split(',') }),
  };
}

/** Everything that is asked for. Entering an instance takes looking at it, as clients do first. */
export function scopeOf({ exec = [], log = [], read = [], allow = [] }: Partial<CreateOptions>): Rule[] {
  const looked = [...new Set([...exec, ...log])];
  const scope: Rule[] = [
    ...(looked.length > 0 ? [{ verbs: ['get'], resources: [INSTANCES], names: looked }] : []),
    ...(exec.length > 0 ? [{ verbs: ['create'], resources: [`${INSTANCES}/exec`], names: exec }] : []),
    ...(log.length > 0 ? [{ verbs: ['get'], resources: [`${INSTANCES}/log`], names: log }] : []),
    ...read.map((resource) => ({ verbs: READS, resources: [resource] })),
    ...allow.map(parseRule),
  ];
  if (scope.length === 0) throw usageError('access to what?', 'give --exec, --log, --read or --allow');
  return scope;
}

export const create = inSession(async (session: Session, options: CreateOptions, name: string) => {
  session.requireRegion('casemate access-request create');
  const file = options.key ?? `${name}.key`;
  checkWritable(file);
  const scope = scopeOf(options);
  const type = await accessType(session, 'AccessRequest');
  const key = newPersonalKey();
  // The key first: a request whose key is lost would be granted for nothing.
  await writeFile(file, key, { mode: 0o600, flag: 'wx' });
  await session.client.json<AnyObject>({
    method: 'POST',
    path: collectionPath(type, undefined),
    query: { fieldManager: 'casemate' },
    body: {
      apiVersion: `${type.group}/${type.version}`,
      kind: type.kind,
      metadata: { name },
      spec: {
        organization: options.org,
        project: options.project,
        scope,
        reasonCode: options.reasonCode,
        reason: options.reason,
        duration_minutes: options.minutes,
        request: await signingRequest(key),
        ...(options.breakGlass === true ? { breakGlass: true } : {}),
      },
    },
  });
  const own = ownCommand();
  printLines([
    `${objectName(type, name)} created; its key is in ${file}.`,
    ...(options.breakGlass === true
      ? ['Another operator agrees:', `  ${own} access-request approve ${name}`]
      : [`The people of "${options.org}" see it, and decide.`]),
    'When it is granted:',
    `  ${own} access-request open ${name}`,
  ]);
});

export interface OpenOptions extends SessionOptions {
  readonly key?: string;
  readonly out?: string;
  readonly timeout: number;
}

const phaseOf = (object: AnyObject | undefined) => textAt(object, 'status', 'phase') ?? 'Pending';
const OVER = ['Rejected', 'Refused', 'Revoked', 'Expired', 'Ended'];

export const open = inSession(async (session: Session, options: OpenOptions, name: string) => {
  session.requireRegion('casemate access-request open');
  const file = options.out ?? `${name}.kubeconfig`;
  checkWritable(file);
  const key = await readFile(options.key ?? `${name}.key`, 'utf8');
  const type = await accessType(session, 'AccessRequest');
  const granted = await waitForObject(
    session.client,
    { type, project: undefined, name },
    options.timeout,
    (object) => {
      const phase = phaseOf(object);
      if (object === undefined || OVER.includes(phase)) {
        throw new CliError(
          `it is ${phase}: ${textAt(object, 'status', 'message') ?? 'make another request'}`,
        );
      }
      return phase === 'Active';
    },
    (object) => `it is ${phaseOf(object)}`,
  );
  const organization = textAt(granted, 'spec', 'organization') ?? '';
  const { connection } = session.client;
  await writeAccess(connection, {
    file,
    server: `${connection.server}/orgs/${organization}`,
    name: `operator@${organization}`,
    project: textAt(granted, 'spec', 'project'),
    certificate: textAt(granted, 'status', 'certificate') ?? '',
    key,
  });
  printLines([
    `You may work in "${organization}" until ${textAt(granted, 'status', 'endsAt') ?? 'it ends'}. Everything is on record, terminals too.`,
    `  export KUBECONFIG=${shellWord(file)}`,
  ]);
});

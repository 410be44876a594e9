/** `casemate access who-can`, `of` and `why`: asks the server’s AccessQuestion, and prints its answer. */
import type { AccessAnswer } from '#trust/access/questions.ts';
import { collectionPath, type ResourceType, resolveType, typeOfObject } from '../resources/discovery.ts';
import { EXIT } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printJson, printLines } from '../resources/output.ts';
import { inSession, type Session } from '../resources/session.ts';
import { alignRows } from '../resources/table.ts';

interface AskOptions extends SessionOptions {
  readonly output: 'table' | 'json';
}

interface PersonOptions extends AskOptions {
  readonly group?: readonly string[];
}

type Policies = NonNullable<AccessAnswer['policies']>;

const API_VERSION = 'access.casemate.internal/v1';

async function ask(session: Session, spec: object): Promise<AccessAnswer> {
  const type = typeOfObject(await session.types(), API_VERSION, 'AccessQuestion');
  const answer = await session.client.json<{ readonly status: AccessAnswer }>({
    method: 'POST',
    path: collectionPath(type, undefined),
    body: { apiVersion: API_VERSION, kind: 'AccessQuestion', spec },
  });
  return answer.status;
}

/** What is meant by `instances/exec web`, in the terms of a question. */
function attributesOf(
  session: Session,
  types: readonly ResourceType[],
  verb: string,
  resource: string,
  name: string | undefined,
): Record<string, string> {
  const slash = resource.indexOf('/');
  const word = slash < 0 ? resource : resource.slice(0, slash);
  const type = resolveType(types, word);
  return {
    verb,
    group: type.group,
    version: type.version,
    resource: type.plural,
    ...(slash < 0 ? {} : { subresource: resource.slice(slash + 1) }),
    ...(type.namespaced ? { namespace: session.project } : {}),
    ...(name === undefined ? {} : { name }),
  };
}

/** `serviceaccount:PROJECT/NAME` as the server names it; everybody else as they are. */
function userOf(text: string): string {
  const [, project, name] = /^serviceaccount:([^/]+)\/(.+)$/.exec(text) ?? [];
  return project === undefined ? text : `system:serviceaccount:${project}:${name}`;
}

const person = (user: string, { group }: PersonOptions) => ({
  user: userOf(user),
  ...(group === undefined ? {} : { groups: [...group] }),
});

function policyText({ kind, name, role, project, message }: Policies[number]): string {
  const what = role === undefined ? '' : ` (${role}${project === undefined ? '' : ` in ${project}`})`;
  return `${kind} ${name}${what}${message === undefined ? '' : `: ${message}`}`;
}

export const whoCan = inSession(
  async (session: Session, options: AskOptions, verb: string, resource: string, name?: string) => {
    const attributes = attributesOf(session, await session.types(), verb, resource, name);
    const answer = await ask(session, { whoCan: attributes });
    if (options.output === 'json') {
      printJson(answer);
      return;
    }
    const rowsOf = (subjects: AccessAnswer['subjects'] = []) =>
      subjects.map(({ kind, name, policies }) => [kind, name, policies.map(policyText).join('; ')]);
    const rows = rowsOf(answer.subjects);
    if (rows.length === 0) process.stderr.write('nobody may\n');
    else printLines(alignRows([['KIND', 'NAME', 'BY'], ...rows]));
    const forbidden = rowsOf(answer.forbidden);
    if (forbidden.length > 0) {
      process.stderr.write('kept from it by guardrails, whatever roles they hold:\n');
      process.stderr.write(`${alignRows(forbidden).join('\n')}\n`);
    }
    if (answer.incomplete) process.stderr.write('there are more people than one question looks at\n');
  },
);

export const of = inSession(async (session: Session, options: PersonOptions, user: string) => {
  const answer = await ask(session, { of: { ...person(user, options), project: session.project } });
  if (options.output === 'json') {
    printJson(answer);
    return;
  }
  const { grants = [], groups = [], resourceRules = [] } = answer;
  printLines([
    `Groups: ${groups.length === 0 ? 'none that the realm knows of' : groups.join(', ')}`,
    grants.length === 0 ? 'Holds no role.' : 'Holds:',
    ...grants.map(
      (grant) =>
        `  ${grant.role}${grant.project === undefined ? '' : ` in ${grant.project}`} by RoleBinding ${grant.name}`,
    ),
    `May, in project ${session.project} and in the realm:`,
    ...alignRows(
      resourceRules.map(({ verbs, apiGroups, resources, resourceNames }) => [
        `  ${resources.map((one) => (apiGroups[0] ? `${one}.${apiGroups[0]}` : one)).join(',')}`,
        `${verbs.join(',')}${resourceNames ? ` (${resourceNames.join(',')})` : ''}`,
      ]),
    ),
  ]);
});

interface WhyOptions extends PersonOptions {
  readonly address?: string;
  readonly strength?: string;
}

export const why = inSession(
  async (
    session: Session,
    options: WhyOptions,
    user: string,
    verb: string,
    resource: string,
    name?: string,
  ) => {
    const attributes = attributesOf(session, await session.types(), verb, resource, name);
    const answer = await ask(session, {
      why: {
        ...person(user, options),
        ...(options.address === undefined ? {} : { address: options.address }),
        ...(options.strength === undefined ? {} : { strength: options.strength }),
        attributes,
      },
    });
    if (options.output === 'json') printJson(answer);
    else printWhy(answer);
    if (answer.allowed !== true) process.exitCode = EXIT.refused;
  },
);

function printWhy({
  allowed,
  reason = '',
  policies = [],
  roles = [],
  administrators = [],
}: AccessAnswer): void {
  printLines([
    `${allowed === true ? 'yes' : 'no'}: ${reason}`,
    ...policies.map((policy) => `  ${policyText(policy)}`),
    ...(roles.length > 0 && administrators.length > 0
      ? [`One of these could give such a role: ${administrators.join(', ')}`]
      : []),
  ]);
}

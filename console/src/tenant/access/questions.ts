/** Questions about who may do what, as the region answers them: the same rules that decide about requests. */
import type { AccessAnswer, AccessQuestionSpec } from '../../../../src/trust/access/questions.ts';
import { askJson } from '../../api/client.ts';
import type { Resource } from '../../api/discovery.ts';

export type { AccessAnswer };
export type Attributes = NonNullable<AccessQuestionSpec['whoCan']>;
export type Policy = NonNullable<AccessAnswer['policies']>[number];
export type Subject = NonNullable<AccessAnswer['subjects']>[number];

const GROUP = 'access.casemate.internal';
const VERSION = 'v1';

export async function askAccess(spec: AccessQuestionSpec): Promise<AccessAnswer> {
  const { status } = await askJson<{ readonly status: AccessAnswer }>(
    `/apis/${GROUP}/${VERSION}/accessquestions`,
    { method: 'POST', body: { apiVersion: `${GROUP}/${VERSION}`, kind: 'AccessQuestion', spec } },
  );
  return status;
}

/** Something that can be done to an object. */
export interface Deed {
  readonly id: 'read' | 'change' | 'delete' | 'enter' | 'output' | 'data';
  readonly verb: string;
  readonly subresource?: string;
}

const DEEDS: readonly (Deed & { readonly of?: string })[] = [
  { id: 'read', verb: 'get' },
  { id: 'change', verb: 'update' },
  { id: 'delete', verb: 'delete' },
  { id: 'enter', verb: 'create', subresource: 'exec' },
  { id: 'output', verb: 'get', subresource: 'log' },
  { id: 'data', verb: 'get', subresource: 'objects' },
];

/** What people ask about first: to read, change or delete it, to enter it, and to read what it holds. */
export const deedsOf = ({ verbs, subresources }: Resource): readonly Deed[] =>
  DEEDS.filter(({ verb, subresource }) =>
    subresource === undefined ? verbs.includes(verb) : subresources.includes(subresource),
  );

export const attributesOf = (
  { group, version, plural, isNamespaced }: Resource,
  { verb, subresource }: Pick<Deed, 'verb' | 'subresource'>,
  project: string | undefined,
  name: string | undefined,
): Attributes => ({
  verb,
  group,
  version,
  resource: plural,
  ...(subresource === undefined ? {} : { subresource }),
  ...(isNamespaced && project !== undefined && project !== '' ? { namespace: project } : {}),
  ...(name === undefined || name === '' ? {} : { name }),
});

export interface Reach {
  readonly subject: Pick<Subject, 'kind' | 'name' | 'groups'>;
  /** What opens it, by the deed. */
  readonly by: ReadonlyMap<Deed['id'], readonly Policy[]>;
  /** What a guardrail keeps them from, though a role of theirs allows it. */
  readonly forbidden: ReadonlyMap<Deed['id'], readonly Policy[]>;
}

export interface Reached {
  readonly reaches: readonly Reach[];
  readonly isIncomplete: boolean;
}

/** Everybody who may do any of it, or could but for a guardrail. Pure. */
export function merged(answers: readonly (readonly [Deed, AccessAnswer])[]): Reached {
  type Policies = Map<Deed['id'], readonly Policy[]>;
  const reaches = new Map<string, { subject: Reach['subject']; by: Policies; forbidden: Policies }>();
  const reachOf = ({ policies: _, ...subject }: Subject) => {
    const key = `${subject.kind} ${subject.name}`;
    const reach = reaches.get(key) ?? { subject, by: new Map(), forbidden: new Map() };
    reaches.set(key, reach);
    return reach;
  };
  for (const [deed, { subjects = [], forbidden = [] }] of answers) {
    for (const subject of subjects) reachOf(subject).by.set(deed.id, subject.policies);
    for (const subject of forbidden) reachOf(subject).forbidden.set(deed.id, subject.policies);
  }
  return {
    reaches: [...reaches.values()],
    isIncomplete: answers.some(([, { incomplete }]) => incomplete === true),
  };
}

export async function whoReaches(
  resource: Resource,
  project: string | undefined,
  name: string | undefined,
): Promise<Reached> {
  const deeds = deedsOf(resource);
  return merged(
    await Promise.all(
      deeds.map(
        async (deed) =>
          [deed, await askAccess({ whoCan: attributesOf(resource, deed, project, name) })] as const,
      ),
    ),
  );
}

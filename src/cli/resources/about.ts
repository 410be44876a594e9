/** `casemate whoami` and `api-resources`: who the server takes this person for, and what it serves. */
import { apiVersionOf } from './discovery.ts';
import { type AnyObject, textAt, valueAt } from './objects.ts';
import type { OutputFormat, SessionOptions } from './options.ts';
import { print, printJson, printLines, toYaml } from './output.ts';
import { inSession, type Session } from './session.ts';
import { alignRows } from './table.ts';

export interface WhoamiOptions extends SessionOptions {
  readonly output: OutputFormat;
}

export const whoami = inSession(async (session: Session, options: WhoamiOptions) => {
  const review = await session.client.json<AnyObject>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  const user = textAt(review, 'status', 'userInfo', 'username') ?? '';
  const groups = valueAt(review, 'status', 'userInfo', 'groups');
  const groupList = Array.isArray(groups) ? groups.map(String) : [];
  const { server, context } = session.client.connection;
  const answer = {
    user,
    groups: groupList,
    organization: session.organization ?? null,
    server,
    context,
    project: session.project,
  };
  if (options.output === 'json') return printJson(answer);
  if (options.output === 'yaml') return print(toYaml(answer));
  if (options.output === 'name') return printLines([user]);
  const isOrganization = session.organization !== undefined;
  printLines(
    alignRows([
      ['User:', user],
      ['Groups:', groupList.join(', ') || '<none>'],
      ['In:', isOrganization ? `organization "${session.organization}"` : 'the region'],
      ['Server:', server],
      ['Context:', context],
      ...(isOrganization ? [['Project:', session.project]] : []),
    ]),
  );
});

export interface ApiResourcesOptions extends SessionOptions {
  readonly output: OutputFormat;
  readonly apiGroup?: string;
}

export const apiResources = inSession(async (session: Session, options: ApiResourcesOptions) => {
  const types = (await session.types())
    .filter((type) => options.apiGroup === undefined || type.group === options.apiGroup)
    .toSorted((a, b) => (`${a.group} ${a.plural}` < `${b.group} ${b.plural}` ? -1 : 1));
  switch (options.output) {
    case 'json':
      return printJson(types);
    case 'yaml':
      return print(toYaml(types));
    case 'name':
      return printLines(
        types.map((type) => (type.group === '' ? type.plural : `${type.plural}.${type.group}`)),
      );
    default: {
      const isWide = options.output === 'wide';
      const header = [
        'NAME',
        'SHORTNAMES',
        'APIVERSION',
        'IN A PROJECT',
        'KIND',
        ...(isWide ? ['VERBS', 'SUBRESOURCES'] : []),
      ];
      const rows = types.map((type) => [
        type.plural,
        type.shortNames.join(','),
        apiVersionOf(type),
        String(type.namespaced),
        type.kind,
        ...(isWide ? [type.verbs.join(','), type.subresources.map(({ name }) => name).join(',')] : []),
      ]);
      printLines(alignRows([header, ...rows]));
    }
  }
});

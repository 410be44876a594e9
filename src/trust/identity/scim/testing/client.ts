/**
 * An organization whose people a SCIM client provisions: real roles, real tokens of a real service account, over TLS. The client speaks
 * plain HTTP, as RFC 7644 writes it. Tests only.
 */
import { Agent } from 'node:https';
import type { KubeObject } from '#kernel/object.ts';
import { accessAuthorizer } from '../../../access/authorizer.ts';
import { dutiesAdmission } from '../../../access/duties-admission.ts';
import { Role } from '../../../access/role.ts';
import { RoleBinding } from '../../../access/role-binding.ts';
import { Project } from '../../../testing/kinds.ts';
import { ClientCertificate } from '../../client-certificate.ts';
import { federationAdmission } from '../../federation/guard.ts';
import { peopleAdmission } from '../../people/guard.ts';
import { serviceAccountTokens } from '../../service-accounts/issue-token.ts';
import { ServiceAccount } from '../../service-accounts/service-account.ts';
import { ask } from '../../testing/browser.ts';
import { ACME, type IdentityFixture, identityFixture } from '../../testing/fixture.ts';

export const BASE = `${ACME}/scim/v2`;
export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** What the SCIM client of the documentation may do. */
const RULES = [
  {
    verbs: ['get', 'list', 'create', 'update', 'delete'],
    resources: ['users.identity.casemate.internal', 'groups.identity.casemate.internal'],
  },
];

export interface ScimAnswer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  readonly body: any;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ScimFixture {
  readonly region: IdentityFixture;
  readonly token: string;
  /** A token of another service account, which has the role or not. */
  tokenOf(name: string, hasRole?: boolean): Promise<string>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ScimAnswer>;
  make(kind: Parameters<IdentityFixture['make']>[1], name: string, spec: object): Promise<KubeObject>;
  bind(name: string, role: string, subject: { kind: string; name: string; project?: string }): Promise<void>;
  close(): Promise<void>;
}

export const PROVISIONER = { project: 'people', serviceAccount: 'directory' };

export async function scimFixture(): Promise<ScimFixture> {
  const region = await identityFixture({
    kinds: [ClientCertificate],
    admissions: [peopleAdmission, federationAdmission, dutiesAdmission],
    authorizer: ({ realms, registry, clock }) => accessAuthorizer({ realms, registry, clock }),
  });
  const agent = new Agent({ ca: region.ca, keepAlive: true });
  const make: ScimFixture['make'] = (kind, name, spec) =>
    region.make(ACME, kind, { metadata: { name }, spec });
  const bind: ScimFixture['bind'] = async (name, role, subject) => {
    await make(RoleBinding, name, { role, subjects: [subject] });
  };
  await region.make(ACME, Project, { metadata: { name: PROVISIONER.project } });
  await make(Role, 'provisioning', { scope: 'realm', rules: RULES });
  const tokens = serviceAccountTokens({
    apiUrl: region.url,
    keys: region.identity.keys,
    clock: region.clock,
  });
  const tokenOf = async (name: string, hasRole = true) => {
    const { project } = PROVISIONER;
    const account = await region.make(ACME, ServiceAccount, { metadata: { name } }, project);
    if (hasRole) await bind(`scim-${name}`, 'provisioning', { kind: 'ServiceAccount', name, project });
    return (await tokens.issue(ACME, account, {})).token;
  };
  const token = await tokenOf(PROVISIONER.serviceAccount);
  return {
    region,
    token,
    tokenOf,
    make,
    bind,
    async send(method, path, body, headers = {}) {
      const answer = await ask(agent, `${region.url}${BASE}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return {
        code: answer.code,
        body: answer.text === '' ? undefined : JSON.parse(answer.text),
        headers: answer.headers,
      };
    },
    async close() {
      agent.destroy();
      await region.close();
    },
  };
}

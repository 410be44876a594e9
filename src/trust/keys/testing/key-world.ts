/** An organization with the key service, reached over the real API server by one who may. Tests only. */

import { systemActor } from '#kernel/access.ts';
import type { ActionConnector } from '#kernel/connect.ts';
import type { DraftObject } from '#kernel/object.ts';
import { approvalActions } from '../../approvals/actions.ts';
import { ApprovalRequest } from '../../approvals/approval-request.ts';
import { approvalRules } from '../../approvals/rules.ts';
import { ACME, type TrustFixture, trustFixture } from '../../testing/fixture.ts';
import { Project, SAMPLE_KINDS } from '../../testing/kinds.ts';
import { type ServedClient, type ServedRegion, serve } from '../../testing/serve.ts';
import { keyBackends } from '../backends.ts';
import { keyConnectors } from '../key/actions.ts';
import type { KeyBackend } from '../key/backend.ts';
import { reconcileKey } from '../key/controller.ts';
import type { Backends } from '../key/crypt.ts';
import { Key, type KeyObject } from '../key/key.ts';
import { KEY_KINDS } from '../service.ts';

const PROJECT = 'vault';
const KEYS = `/orgs/acme/apis/keys.casemate.internal/v1/namespaces/${PROJECT}/keys`;

export interface Answer {
  readonly code: number;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface KeyWorld {
  readonly region: TrustFixture;
  readonly served: ServedRegion;
  readonly backends: Backends;
  readonly client: ServedClient;
  /** Makes a Key and lets its controller look at it. */
  key(name: string, spec: Readonly<Record<string, unknown>>): Promise<Answer>;
  act(name: string, action: string, body?: Readonly<Record<string, unknown>>): Promise<Answer>;
  remove(name: string): Promise<Answer>;
  /** A second person agrees that alice makes such a change: two are needed to destroy a key. `keeper` is a key custodian. Default: `bob`. */
  agree(name: string, transition: 'delete' | 'destroy', by?: 'bob' | 'keeper'): Promise<void>;
  /** What the controller does when it looks at it; gives in how many milliseconds it looks again. */
  reconcile(name: string): Promise<number | undefined>;
  read(name: string): Promise<KeyObject | undefined>;
  close(): Promise<void>;
}

export async function keyWorld(hsm?: KeyBackend): Promise<KeyWorld> {
  const region = await trustFixture([...SAMPLE_KINDS, ...KEY_KINDS]);
  const { realms, clock, keyring } = region;
  const backends = keyBackends(keyring, hsm);
  const connectors = keyConnectors({
    realms: () => realms,
    accessLog: () => realms.access,
    logs: () => realms.logs,
    backends,
    clock,
  });
  const served = await serve(region, { connectors });
  await region.make(ACME, Project, { metadata: { name: PROJECT } });
  await region.bind(ACME, 'alice', 'organization-admin', 'alice');
  await region.bind(ACME, 'bob', 'organization-admin', 'bob');
  await region.bind(ACME, 'keeper', 'key-custodian', 'keeper');
  const client = await served.client(ACME, 'alice');
  const alice = await region.person(ACME, 'alice');
  const second = { bob: await region.person(ACME, 'bob'), keeper: await region.person(ACME, 'keeper') };
  const rules = approvalRules({ projectKind: Project, registry: () => region.registry });
  const approvals = approvalActions({ realms: () => realms, rules, clock });
  const approve = approvals[`${ApprovalRequest.resource}/approve`] as ActionConnector;
  let asked = 0;

  async function send(method: string, path: string, body?: unknown): Promise<Answer> {
    const { code, text } = await client.send(
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
    );
    return { message: '', ...JSON.parse(text), code };
  }
  const world: KeyWorld = {
    region,
    served,
    backends,
    client,
    async key(name, spec) {
      const draft: DraftObject = {
        apiVersion: Key.apiVersion,
        kind: Key.kind,
        metadata: { name },
        spec,
      };
      const made = await send('POST', KEYS, draft);
      if (made.code === 201) await world.reconcile(name);
      return made;
    },
    act: (name, action, body = {}) => send('POST', `${KEYS}/${name}/${action}`, body),
    remove: (name) => send('DELETE', `${KEYS}/${name}`),
    async agree(name, transition, by = 'bob') {
      const uid = (await world.read(name))?.metadata.uid ?? '';
      const object = await region.makeAs(alice, ApprovalRequest, {
        metadata: { name: `request-${++asked}` },
        spec: {
          target: { resource: Key.resource, namespace: PROJECT, name, uid },
          transition,
          reasonCode: 'end-of-use',
          reason: 'nobody needs it any more',
          expiresAt: new Date(clock.now() + 60_000).toISOString(),
        },
      });
      const signal = new AbortController().signal;
      const query = new URLSearchParams();
      const requestId = `approval-${asked}`;
      await approve.call({ realm: ACME, actor: second[by], object, query, signal, body: {}, requestId });
    },
    reconcile: (name) =>
      realms.use(ACME, async (realm) => {
        const change = { ...region.context(ACME), actor: systemActor(ACME, 'controller:keys') };
        const again = await reconcileKey({ namespace: PROJECT, name }, backends, { realm, clock, change });
        return again?.retryAfter_ms;
      }),
    read: (name) => realms.use(ACME, ({ view }) => view.get(Key, { namespace: PROJECT, name })),
    async close() {
      await served.close();
      await region.close();
    },
  };
  return world;
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

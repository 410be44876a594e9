/** A realm with exports: its policy, its store, its controller, and people who ask the way the wire would. Tests only. */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import type { Connector } from '#kernel/connect.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ChangeContext } from '#kernel/realm.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { newIdentity } from '../age/keys.ts';
import type { StartInspector } from '../check/inspector.ts';
import { ownInspector } from '../check/own-inspector.ts';
import { exportConnectors } from '../connectors.ts';
import { exportController } from '../controller.ts';
import { exportFolders } from '../folders.ts';
import { PIECE_BYTES } from '../limits.ts';
import { ExportPolicy, type ExportRules } from '../policy-kind.ts';
import { ExportRequest, type ExportRequestObject, type ExportSpec } from '../request-kind.ts';
import { askForOneself } from '../reviews.ts';
import { EXPORT_KINDS } from '../service.ts';
import { ExportStore } from '../store.ts';

export const ACME = organizationRealm('acme');
export const recipientKey = newIdentity();

export const POLICY = {
  metadata: { name: 'exports' },
  spec: {
    types: ['text', 'tar', 'gzip'],
    mayLeave: 'internal',
    recipients: [{ name: 'lab', key: recipientKey.recipient }],
  },
};

export type Files = Readonly<Record<string, Buffer>>;

export const draftOf = (name: string, files: Files, more: Partial<ExportSpec> = {}) => ({
  metadata: { name },
  spec: {
    recipient: 'lab',
    reason: 'results of November',
    label: 'internal',
    files: Object.entries(files).map(([path, bytes]) => ({
      path,
      size: bytes.length,
      sha256: hash('sha256', bytes),
    })),
    ...more,
  },
});

export interface ExportWorld {
  readonly test: TestRealms;
  readonly store: ExportStore;
  /** The gap's folder. */
  readonly folder: string;
  policy(more?: Partial<ExportRules>): Promise<void>;
  actor(name: string, realm?: RealmId): Actor;
  by(name: string): ChangeContext;
  get(name: string): Promise<ExportRequestObject>;
  create(name: string, files: Files, more?: Partial<ExportSpec>): Promise<void>;
  /** One piece. */
  put(name: string, by: string, file: number, piece: number, bytes: Buffer): Promise<unknown>;
  /** Which pieces are there, by file. */
  held(name: string): Promise<unknown>;
  /** Brings all content and submits it, as `ann`, and runs the controller until nothing is left to do. */
  submit(name: string, files: Files): Promise<ExportRequestObject>;
  /** As when two others agreed. */
  release(name: string): Promise<ExportRequestObject>;
  settle(name: string): Promise<ExportRequestObject>;
  /** What a stream gives. */
  read(name: string, stream: 'content' | 'package' | 'manifest', query?: string): Promise<Buffer>;
  deny(name: string, by: string, note: string): Promise<unknown>;
  sweep(realm?: RealmId): Promise<void>;
  /** Lets time pass for exports alone. Milliseconds. */
  later(ms: number): void;
}

const PASSES_MAX = 20;

export async function startExportWorld(
  t: TestContext,
  inspector: StartInspector = ownInspector,
): Promise<ExportWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  const test = await openTestRealms({
    kinds: [...EXPORT_KINDS, ApprovalRequest],
    admissions: [askForOneself],
    create: [REGION, ACME, organizationRealm('rival')],
  });
  t.after(async () => {
    await test.close();
    await rm(folder, { recursive: true, force: true });
  });
  const store = new ExportStore(exportFolders(folder), test.keyring);
  const controller = exportController({ store, keyring: test.keyring, inspector });
  const connectors = exportConnectors({ store, realms: () => test.realms, clock: test.clock });
  const connector = (name: string): Connector => {
    const found = connectors[`${ExportRequest.resource}/${name}`];
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  const actor = (name: string, realm: RealmId = ACME): Actor => ({
    realm,
    name,
    groups: [],
    credential: 'certificate:01',
  });
  const by = (name: string): ChangeContext => ({ ...test.context(ACME), actor: actor(name), via: 'api' });
  const call = (object: KubeObject, name: string, body: Readonly<Record<string, unknown>>) => ({
    realm: ACME,
    actor: actor(name),
    object,
    query: new URLSearchParams(),
    signal: new AbortController().signal,
    body,
    requestId: test.random.uuid(),
  });
  const act = (action: string, object: KubeObject, name: string, body: Readonly<Record<string, unknown>>) => {
    const found = connector(action);
    if (found.type !== 'action') throw new Error(`${action} is no action`);
    return found.call(call(object, name, body));
  };
  let skew_ms = 0;
  const clock = { now: () => test.clock.now() + skew_ms, after: test.clock.after.bind(test.clock) };
  const world: ExportWorld = {
    test,
    store,
    folder,
    actor,
    by,
    policy: (more = {}) =>
      test.realms.use(ACME, async ({ resources, view }) => {
        const spec = { ...POLICY.spec, ...more };
        if (view.get(ExportPolicy, POLICY.metadata) === undefined)
          await resources.create(ExportPolicy, undefined, { ...POLICY, spec }, by('admin'));
        else
          await resources.modify(ExportPolicy, POLICY.metadata, by('admin'), (current) => ({
            ...current,
            spec: { ...current.spec, ...(spec as Partial<ExportRules>) },
          }));
      }),
    get: (name) =>
      test.realms.use(ACME, ({ view }) => {
        const found = view.get(ExportRequest, { name });
        if (found === undefined) throw new Error(`there is no export ${name}`);
        return found;
      }),
    create: (name, files, more) =>
      test.realms.use(ACME, async ({ resources }) => {
        await resources.create(ExportRequest, undefined, draftOf(name, files, more), by('ann'));
      }),
    put: async (name, who, file, piece, bytes) =>
      act('put', await world.get(name), who, { file, piece, data: bytes.toString('base64') }),
    held: async (name) => act('held', await world.get(name), 'ann', {}),
    async submit(name, files) {
      for (const [file, bytes] of Object.values(files).entries()) {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES)
          await world.put(name, 'ann', file, at / PIECE_BYTES, bytes.subarray(at, at + PIECE_BYTES));
      }
      await test.realms.use(ACME, ({ resources }) =>
        resources.modify(ExportRequest, { name }, by('ann'), (current) => ({
          ...current,
          spec: { ...current.spec, submitted: true },
        })),
      );
      return world.settle(name);
    },
    async release(name) {
      await test.realms.use(ACME, ({ resources }) =>
        resources.modify(ExportRequest, { name }, by('ann'), (current) => ({
          ...current,
          spec: { ...current.spec, release: current.status?.digest ?? '' },
        })),
      );
      return world.settle(name);
    },
    settle: (name) =>
      test.realms.use(ACME, async (realm) => {
        const context = { ...testContext(test, realm, 'exports'), clock };
        for (let pass = 0; pass < PASSES_MAX; pass++) {
          const before = realm.view.revision;
          await controller.reconcile({ name }, context);
          if (realm.view.revision === before) return world.get(name);
        }
        throw new Error(`${name} does not settle`);
      }),
    async read(name, stream, query = '') {
      const found = connector(stream);
      if (found.type !== 'text') throw new Error(`${stream} is no text`);
      const object = await world.get(name);
      const parts: Uint8Array[] = [];
      const chunks = await found.open({ ...call(object, 'ben', {}), query: new URLSearchParams(query) });
      for await (const chunk of chunks) parts.push(chunk);
      return Buffer.concat(parts);
    },
    deny: async (name, who, note) => act('deny', await world.get(name), who, { note }),
    later(ms) {
      skew_ms += ms;
    },
    sweep: (realm = ACME) =>
      test.realms.use(realm, async (open) => controller.sweep?.(testContext(test, open, 'exports'))),
  };
  return world;
}

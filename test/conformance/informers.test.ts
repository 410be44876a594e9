/**
 * Informers of the official JavaScript client through hours' worth of change in seconds, over connections that break, with pauses longer
 * than the server's memory: in the end each one holds what the server holds, and nothing else.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  ListWatch,
  Watch,
} from '@kubernetes/client-node';
import type { Realm } from '#kernel/realm.ts';
import { SeededRandom } from '#kernel/store/test-realms.ts';
import { Machine, TEST_KINDS } from '#kernel/wire/test-kinds.ts';
import { startTestServer, type TestServer } from '#kernel/wire/test-server.ts';
import { type FlakyProxy, flakyProxy } from './flaky-proxy.ts';

const SEED = 20_260_101;
const PROJECTS = 8;
const NAMES_PER_PROJECT = 40;
const ROUNDS = 48;
const CHANGES_PER_ROUND = 400;
/** A watch that is further behind than this is told to list again. */
const HISTORY_MAX = 1_000;
/** How far behind clients that are awake may be before the next round begins. */
const LAG_MAX = 300;
const SETTLE_LIMIT_MS = 20_000;

const GROUP = { group: 'lab.casemate.internal', version: 'v1', plural: 'machines' };
const BASE = '/apis/lab.casemate.internal/v1';

let server: TestServer;
let proxy: FlakyProxy;
const config = new KubeConfig();

before(async () => {
  server = await startTestServer({
    kinds: TEST_KINDS,
    limits: { watchRing_max: HISTORY_MAX, watchHistory_max: HISTORY_MAX },
  });
  const port = Number(new URL(server.url).port);
  proxy = await flakyProxy(port);
  config.loadFromString(server.kubeconfig('/orgs/acme').replace(`:${port}/`, `:${proxy.port}/`));
});
after(async () => {
  await proxy.close();
  await server.close();
});

/** One client: what it watches, and what has happened to it. */
class Client {
  readonly query: string;
  readonly everything: boolean;
  readonly cache: ListWatch<KubernetesObject>;
  events = 0;
  connects = 0;
  lists = 0;
  paused = false;

  constructor(namespace: string | undefined, labelSelector: string | undefined) {
    this.everything = namespace === undefined && labelSelector === undefined;
    const custom = config.makeApiClient(CustomObjectsApi);
    const selection = labelSelector === undefined ? {} : { labelSelector };
    const list = async () => {
      this.lists += 1;
      const answer =
        namespace === undefined
          ? custom.listCustomObjectForAllNamespaces({
              ...GROUP,
              resourcePlural: GROUP.plural,
              ...selection,
            } as never)
          : custom.listNamespacedCustomObject({ ...GROUP, namespace, ...selection });
      return (await answer) as KubernetesListObject<KubernetesObject>;
    };
    const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
    const path = `${BASE}${scope}/machines`;
    this.query = `/orgs/acme${path}${labelSelector === undefined ? '' : `?labelSelector=${labelSelector}`}`;
    // The client waits a second and more before it comes back; nobody here has that time.
    const options = { delayFn: (async () => {}) as never };
    this.cache = new ListWatch(path, new Watch(config), list, false, labelSelector, undefined, options);
    for (const verb of ['add', 'update', 'delete'] as const) {
      this.cache.on(verb, () => {
        this.events += 1;
      });
    }
    this.cache.on('connect', () => {
      this.connects += 1;
    });
    // What its own documentation tells users of informers to do.
    this.cache.on('error', () => {
      if (!this.paused) setImmediate(() => void this.cache.start());
    });
  }

  async pause(): Promise<void> {
    this.paused = true;
    await this.cache.stop();
  }

  async resume(): Promise<void> {
    this.paused = false;
    await this.cache.start();
  }
}

const keyOf = ({ metadata }: KubernetesObject) => `${metadata?.namespace}/${metadata?.name}`;
const sorted = (items: readonly KubernetesObject[]) =>
  [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

/** Changes a few hundred things at once, each to what chance says: made, changed, marked, deleted. */
async function churn(realm: Realm, random: SeededRandom): Promise<number> {
  const work: Promise<boolean>[] = [];
  for (let count = 0; count < CHANGES_PER_ROUND; count++) {
    const namespace = `p${random.below(PROJECTS)}`;
    const name = `m${random.below(NAMES_PER_PROJECT)}`;
    const context = server.testRealms.context('/orgs/acme');
    const key = { namespace, name };
    const tier = random.below(2) === 0 ? 'a' : 'b';
    const chance = random.below(10);
    const draft = {
      metadata: { name, labels: { tier } },
      spec: { image: 'debian', size: 1 + random.below(64) },
    };
    const change =
      realm.view.entry(Machine, key) === undefined
        ? realm.resources.create(Machine, namespace, draft, context)
        : chance === 0
          ? realm.resources.delete(Machine, key, context)
          : chance < 3
            ? realm.resources.updateStatus(Machine, key, { ...draft, status: { phase: `${count}` } }, context)
            : realm.resources.update(Machine, key, draft, context);
    // Two that meet at the same object may refuse each other; that is how it is.
    work.push(
      change.then(
        () => true,
        () => false,
      ),
    );
  }
  return (await Promise.all(work)).filter(Boolean).length;
}

test('informers hold what the server holds after hundreds of thousands of events', {
  timeout: 120_000,
}, async (t) => {
  const random = new SeededRandom(SEED);
  const clients = [
    ...Array.from({ length: 12 }, () => new Client(undefined, undefined)),
    ...Array.from({ length: 4 }, (_, at) => new Client(`p${at}`, undefined)),
    ...Array.from({ length: 4 }, (_, at) => new Client(undefined, `tier=${at % 2 === 0 ? 'a' : 'b'}`)),
  ];
  t.after(() => Promise.all(clients.map((client) => client.pause())));
  for (const client of clients) await client.resume();
  let changes = 0;
  let cut = 0;
  await server.testRealms.realms.use('/orgs/acme', async (realm) => {
    for (let round = 0; round < ROUNDS; round++) {
      changes += await churn(realm, random);
      if (round % 3 === 0) cut += proxy.cut(() => random.below(4) === 0);
      // One client sleeps until the server has forgotten where it was.
      const sleeper = clients[Math.floor(round / 6) % clients.length];
      if (round % 6 === 0) await sleeper?.pause();
      if (round % 6 === 5) await sleeper?.resume();
      // The clients live in this process too: they get their turn, until whoever is awake is not far behind.
      const behind = ({ cache, paused, everything }: Client) =>
        everything && !paused && Number(cache.latestResourceVersion()) < realm.view.revision - LAG_MAX;
      while (clients.some(behind)) await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (const client of clients) {
    const { items } = (await server.send('GET', client.query)).json();
    while (client.cache.list().length !== items.length || !sameRevisions(client, items)) {
      assert.ok(
        performance.now() < deadline,
        `${client.query} has not settled after ${client.events} events`,
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(sorted(client.cache.list()), sorted(items), client.query);
  }
  const events = clients.reduce((sum, client) => sum + client.events, 0);
  const lists = clients.reduce((sum, client) => sum + client.lists, 0);
  t.diagnostic(
    `${changes} changes, ${events} events in ${clients.length} informers, ${cut} connections cut, ${lists} lists (${clients.length} first ones)`,
  );
  assert.ok(events > 200_000, String(events));
  assert.ok(cut > 50, String(cut));
  assert.ok(lists > clients.length, 'expired history made somebody list again');
});

function sameRevisions(client: Client, items: readonly KubernetesObject[]): boolean {
  const held = new Map(client.cache.list().map((item) => [keyOf(item), item.metadata?.resourceVersion]));
  return items.every((item) => held.get(keyOf(item)) === item.metadata?.resourceVersion);
}

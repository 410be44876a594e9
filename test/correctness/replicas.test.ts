/**
 * A region of three real processes over one PostgreSQL, as its clients see it: over TLS, with certificates, through whichever process they
 * happen to reach.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPostgres } from '#engines/postgres/open-postgres.ts';
import { startTestPostgres } from '#engines/postgres/test-cluster.ts';
import { systemActor } from '#kernel/access.ts';
import type { ChangeLeaf } from '#kernel/log/leaf.ts';
import type { WholeLeaf } from '#kernel/log/personal.ts';
import type { ChangeContext } from '#kernel/realm.ts';
import { KindRegistry } from '#kernel/registry.ts';
import { EXAMPLE_KINDS, Widget } from '#kernel/store/example-kinds.ts';
import { openRealms } from '#kernel/store/realms.ts';
import { SeededRandom, ThrowawayKeyring } from '#kernel/store/test-realms.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { readWholeLeaves } from '#trust/ledger/leaves.ts';
import type { TileSource } from '#trust/ledger/source.ts';
import { verifyLog } from '#trust/ledger/verify.ts';
import {
  type ApiAnswer,
  type ApiClient,
  apiClient,
  kubeconfigCredentials,
  untilOk,
} from '../support/api-client.ts';
import { checkLinearizable } from '../support/linearizability.ts';
import {
  type ObjectInput,
  type ObjectOperation,
  type ObjectOutput,
  objectModel,
} from '../support/object-model.ts';
import { type Replica, type Replicas, startReplicas } from '../support/replicas.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const WRITERS = 3;
const OPERATIONS = 300;
const KEYS = 3;
const VERB_EVENT: Readonly<Record<string, string>> = {
  create: 'ADDED',
  update: 'MODIFIED',
  delete: 'DELETED',
};

/** What a leaf calls what was done. An apply makes what is not there. */
const VERB_OF: Readonly<Record<ObjectInput['type'], RegExp>> = {
  read: /^$/,
  create: /^create$/,
  replace: /^update$/,
  apply: /^(create|update)$/,
  delete: /^delete$/,
};

const versionIn = (answer: ApiAnswer): number =>
  Number((answer.json().metadata as { resourceVersion: string }).resourceVersion);

const valueIn = (answer: ApiAnswer): string =>
  (answer.json().data as { value?: string } | undefined)?.value ?? '';

/** What an answer says of an operation; throws for one that should never come. */
function outcome({ type }: ObjectInput, answer: ApiAnswer): ObjectOutput {
  switch (answer.code) {
    case 200:
      if (type === 'read') return { type: 'found', value: valueIn(answer), version: versionIn(answer) };
      return type === 'delete' ? { type: 'deleted' } : { type: 'written', version: versionIn(answer) };
    case 201:
      return { type: 'written', version: versionIn(answer) };
    case 404:
      return { type: 'absent' };
    case 409:
      return type === 'create' ? { type: 'exists' } : { type: 'conflict' };
    default:
      throw new Error(`${type}: ${answer.code} ${answer.text}`);
  }
}

function send(client: ApiClient, name: string, input: ObjectInput): Promise<ApiAnswer> {
  const path = `${CONFIG_MAPS}/${name}`;
  switch (input.type) {
    case 'read':
      return client.send('GET', path);
    case 'create':
      return client.send('POST', CONFIG_MAPS, { metadata: { name }, data: { value: input.value } });
    case 'apply': {
      const query = `?fieldManager=${input.manager}${input.force ? '&force=true' : ''}`;
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value: input.value } };
      return client.send('PATCH', `${path}${query}`, body, 'application/apply-patch+yaml');
    }
    case 'delete': {
      if (input.on === undefined) return client.send('DELETE', path);
      return client.send('DELETE', path, { preconditions: { resourceVersion: String(input.on) } });
    }
    case 'replace': {
      const metadata = input.on === undefined ? {} : { metadata: { resourceVersion: String(input.on) } };
      return client.send(
        'PATCH',
        path,
        { ...metadata, data: { value: input.value } },
        'application/merge-patch+json',
      );
    }
  }
}

function ledgerOf(client: ApiClient): TileSource {
  return {
    async read(path) {
      const answer = await client.raw(`/ledger/changes/${path}`);
      if (answer.code === 404) return undefined;
      if (answer.code !== 200) throw new Error(`${path}: ${answer.code}`);
      return answer.bytes;
    },
  };
}

describe('a region of three processes over one database', () => {
  let region: Replicas;
  let acme: (replica: Replica) => ApiClient;

  before(async () => {
    region = await startReplicas(3);
    acme = (await region.organization('acme')).client;
  });
  after(() => region?.close());

  it('is linearizable, loses and repeats no write, and tells every watcher everything once, in order', async (t) => {
    const clients = region.all.map(acme);
    const pick = (random: SeededRandom) => clients[random.below(clients.length)] as ApiClient;
    const start = versionIn(await pick(new SeededRandom(1)).send('GET', CONFIG_MAPS));
    const histories = new Map<string, ObjectOperation[]>();
    const stop = new AbortController();
    const watched = clients.map(async (client) => {
      const seen: string[] = [];
      const path = `${CONFIG_MAPS}?watch=true&resourceVersion=${start}`;
      for await (const { type, object } of client.watch(path, stop.signal)) {
        seen.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
        if (object.metadata.name === 'last') break;
      }
      return seen;
    });

    const writer = async (client: string, seed: number) => {
      const random = new SeededRandom(seed);
      const versions = new Map<string, number>();
      for (let n = 0; n < OPERATIONS; n++) {
        const name = `k${random.below(KEYS)}`;
        const value = `${client}-${n}`;
        const on = versions.get(name);
        const input: ObjectInput =
          (
            [
              { type: 'read' },
              { type: 'read' },
              { type: 'create', value },
              { type: 'replace', value },
              { type: 'replace', value, ...(on === undefined ? {} : { on }) },
              { type: 'replace', value, ...(on === undefined ? {} : { on }) },
              { type: 'apply', value, manager: client, force: false },
              { type: 'apply', value, manager: client, force: true },
              { type: 'delete', ...(on === undefined ? {} : { on }) },
              { type: 'delete' },
            ] as const
          )[random.below(10)] ?? ({ type: 'read' } as const);
        const called = performance.now();
        const output = outcome(input, await send(pick(random), name, input));
        const returned = performance.now();
        if ('version' in output) versions.set(name, output.version);
        const history = histories.get(name) ?? [];
        histories.set(name, history);
        history.push({ client, input, output, called, returned });
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: WRITERS }, (_, n) => writer(`writer${n}`, n + 1)));
    const took_s = (performance.now() - began) / 1_000;
    await send(pick(new SeededRandom(2)), 'last', { type: 'create', value: 'x' });

    for (const [name, history] of histories) {
      const verdict = checkLinearizable(objectModel, history);
      assert.ok(verdict.isLinearizable, `${name}: ${JSON.stringify(verdict, undefined, 1)}`);
    }

    // The ledger says the same from every process, and exactly what was acknowledged.
    const reports = [];
    for (const client of clients) {
      const vkey = Buffer.from((await ledgerOf(client).read('key')) ?? []).toString();
      reports.push(await verifyLog(ledgerOf(client), vkey));
    }
    for (const report of reports) assert.deepEqual(report.problems, []);
    const changes: (ChangeLeaf & WholeLeaf)[] = [];
    const [first] = clients;
    assert.ok(first);
    const size = Math.min(...reports.map((report) => report.size));
    for await (const leaf of readWholeLeaves(ledgerOf(first), size, 0, size)) {
      if (leaf.type === 'change' && leaf.resource === 'configmaps' && leaf.index > start) changes.push(leaf);
    }
    const acknowledged = [...histories.entries()].flatMap(([name, history]) =>
      history.flatMap(({ input, output }) =>
        output?.type === 'written' || output?.type === 'deleted' ? [{ name, input, output }] : [],
      ),
    );
    assert.equal(changes.length, acknowledged.length + 1, 'every acknowledged write is one leaf');
    const byIndex = new Map(changes.map((leaf) => [leaf.index, leaf]));
    for (const { name, input, output } of acknowledged) {
      if (output.type !== 'written') continue;
      const leaf = byIndex.get(output.version);
      assert.equal(leaf?.name, name);
      assert.match(leaf.verb, VERB_OF[input.type]);
      byIndex.delete(output.version);
    }

    const expected = changes.map(({ verb, name, index }) => `${VERB_EVENT[verb]} ${name} ${index}`);
    for (const seen of await Promise.all(watched)) assert.deepEqual(seen, expected);
    stop.abort();
    t.diagnostic(
      `${WRITERS * OPERATIONS} operations in ${took_s.toFixed(1)} s, ${acknowledged.length} writes, ${clients.length} watchers`,
    );
    for (const client of clients) client.close();
  });

  it('counts every increment of three writers who race through all processes', async () => {
    const clients = region.all.map(acme);
    const [first] = clients;
    assert.ok(first);
    await first.send('POST', CONFIG_MAPS, { metadata: { name: 'counter' }, data: { value: '0' } });
    const increment = async (client: ApiClient) => {
      for (;;) {
        const now = await client.send('GET', `${CONFIG_MAPS}/counter`);
        const metadata = { name: 'counter', resourceVersion: String(versionIn(now)) };
        const data = { value: String(Number(valueIn(now)) + 1) };
        const { code } = await client.send('PUT', `${CONFIG_MAPS}/counter`, { metadata, data });
        if (code === 200) return;
        assert.equal(code, 409);
      }
    };
    await Promise.all(
      clients.map(async (_, at) => {
        for (let n = 0; n < 20; n++) await increment(clients[(at + n) % clients.length] ?? first);
      }),
    );
    for (const client of clients) {
      assert.equal(valueIn(await client.send('GET', `${CONFIG_MAPS}/counter`)), '60');
      client.close();
    }
  });

  it('refuses a revoked certificate in every process from the moment that it was revoked', async () => {
    const clients = region.all.map(acme);
    const [first] = clients;
    assert.ok(first);
    const certificates = '/apis/access.casemate.internal/v1/clientcertificates';
    for (const [at, replica] of region.all.entries()) {
      const name = `bob${at}`;
      const key = newPersonalKey();
      const spec = { user: 'bob', request: await signingRequest(key) };
      assert.equal((await first.send('POST', certificates, { metadata: { name }, spec })).code, 201);
      const cert = await untilOk(
        first,
        `${certificates}/${name}`,
        ({ status }) => (status as { certificate?: string }).certificate,
      );
      const { ca } = kubeconfigCredentials(region.operatorKubeconfig());
      const bob = apiClient(`${replica.url}/orgs/acme`, { ca, cert, key });
      assert.equal((await bob.send('GET', CONFIG_MAPS)).code, 403);
      assert.equal((await first.send('DELETE', `${certificates}/${name}`)).code, 200);
      assert.equal((await bob.send('GET', CONFIG_MAPS)).code, 401);
      bob.close();
    }
    for (const client of clients) client.close();
  });

  it('has its controllers in one process, and in another when that one is killed', async () => {
    const leads = ({ log }: Replica) => log().includes('runs the controllers');
    const [leader, ...others] = region.all.filter(leads);
    assert.ok(leader);
    assert.deepEqual(others, []);
    await leader.kill();
    // Made by a controller: its realm, its administrator's certificate, its first project.
    const { client: globex } = await region.organization(
      'globex',
      region.all.find((replica) => replica !== leader),
    );
    for (const replica of region.all.filter((one) => one !== leader)) {
      const client = globex(replica);
      assert.equal((await client.send('GET', CONFIG_MAPS)).code, 200);
      client.close();
    }
    assert.equal(region.all.filter((replica) => replica !== leader && leads(replica)).length, 1);
    // It comes back and stands by.
    const again = await region.start();
    const client = globex(again);
    assert.equal((await client.send('GET', CONFIG_MAPS)).code, 200);
    assert.equal(leads(again), false);
    client.close();
  });
});

describe('two processes that do not ask each other', () => {
  it('are not linearizable, and the checker says so', async (t) => {
    const postgres = await startTestPostgres();
    t.after(() => postgres.stop());
    const realm = '/orgs/checked';
    const keyring = new ThrowawayKeyring();
    const open = async () => {
      const database = await openPostgres({ connection: postgres.connection });
      const registry = new KindRegistry(EXAMPLE_KINDS);
      const realms = await openRealms({ registry, storage: database.log, keyring });
      return { database, realms };
    };
    const one = await open();
    const two = await open();
    await one.realms.create(realm);
    const context: ChangeContext = { actor: systemActor(realm, 'test'), via: 'test', requestId: 'r' };
    await two.realms.acquire(realm);
    const history = async (name: string, ask: boolean): Promise<readonly ObjectOperation[]> => {
      let time = 0;
      const input = { type: 'create', value: 'a' } as const;
      const { object } = await one.realms.use(realm, ({ resources }) =>
        resources.create(Widget, 'shop', { metadata: { name }, spec: {} }, context),
      );
      const version = Number(object.metadata.resourceVersion);
      if (ask) await two.realms.fresh(realm);
      const entry = await two.realms.use(realm, ({ view }) =>
        view.entry(Widget, { namespace: 'shop', name }),
      );
      return [
        { client: 'one', input, output: { type: 'written', version }, called: ++time, returned: ++time },
        {
          client: 'two',
          input: { type: 'read' },
          output: entry ? { type: 'found', value: 'a', version: entry.revision } : { type: 'absent' },
          called: ++time,
          returned: ++time,
        },
      ];
    };
    assert.equal(checkLinearizable(objectModel, await history('stale', false)).isLinearizable, false);
    assert.equal(checkLinearizable(objectModel, await history('fresh', true)).isLinearizable, true);
    for (const { realms, database } of [one, two]) {
      await realms.close();
      await database.close();
    }
  });
});

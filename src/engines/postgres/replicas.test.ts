/**
 * The store over a real PostgreSQL: two replicas that write to one realm, and connections that are cut under them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { systemActor } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { KindRegistry } from '#kernel/registry.ts';
import { EXAMPLE_KINDS, Widget } from '#kernel/store/example-kinds.ts';
import { type OpenRealms, openRealms } from '#kernel/store/realms.ts';
import { ThrowawayKeyring } from '#kernel/store/test-realms.ts';
import { openPostgres, type Postgres } from './open-postgres.ts';
import { startTestPostgres, type TestPostgres } from './test-cluster.ts';

const ACME = '/orgs/acme';
const me: ChangeContext = { actor: systemActor(ACME, 'test'), via: 'test', requestId: 'r' };
const KEY = { namespace: 'shop', name: 'counter' };

interface Replica {
  readonly database: Postgres;
  readonly realms: OpenRealms;
  readonly acme: Realm;
  close(): Promise<void>;
}

describe('replicas over one PostgreSQL', () => {
  const keyring = new ThrowawayKeyring();
  let server: TestPostgres;
  let one: Replica;
  let two: Replica;

  async function open(): Promise<Replica> {
    const database = await openPostgres({ connection: server.connection });
    const realms = await openRealms({
      registry: new KindRegistry(EXAMPLE_KINDS),
      storage: database.log,
      keyring,
    });
    if (!(await realms.exists(ACME))) await realms.create(ACME);
    const { realm, release } = await realms.acquire(ACME);
    return {
      database,
      realms,
      acme: realm,
      async close() {
        release();
        await realms.close();
        await database.close();
      },
    };
  }

  const increment = ({ acme }: Replica) =>
    acme.resources.modify(Widget, KEY, me, (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        annotations: { count: String(Number(current.metadata.annotations?.count ?? 0) + 1) },
      },
    }));

  const counted = ({ acme }: Replica) => acme.view.get(Widget, KEY)?.metadata.annotations?.count;

  before(async () => {
    server = await startTestPostgres();
    one = await open();
    two = await open();
    await one.acme.resources.create(Widget, 'shop', { metadata: { name: 'counter' }, spec: {} }, me);
    await two.acme.waitFor(one.acme.view.revision, 5_000);
  });
  after(async () => {
    await one.close();
    await two.close();
    await server.stop();
  });

  it('lose no write when both change the same object, and agree on every revision', async () => {
    const before = one.acme.view.revision;
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) => increment(n % 2 === 0 ? one : two)),
    );
    const revisions = results
      .map(({ object }) => Number(object.metadata.resourceVersion))
      .sort((a, b) => a - b);
    assert.deepEqual(
      revisions,
      Array.from({ length: 100 }, (_, n) => before + 1 + n),
    );
    const head = before + 100;
    await Promise.all([one.acme.waitFor(head, 5_000), two.acme.waitFor(head, 5_000)]);
    assert.equal(counted(one), '100');
    assert.deepEqual(one.acme.view.list(Widget), two.acme.view.list(Widget));
  });

  it('wake each other’s watches through the database', async () => {
    const watch = await two.acme.watch({ kind: Widget, afterRevision: two.acme.view.revision });
    await increment(one);
    const events = await watch.next();
    assert.deepEqual(
      events?.map(({ type }) => type),
      ['MODIFIED'],
    );
    watch.close();
  });

  it('count every write once when connections are cut under them', async () => {
    const before = Number(counted(one));
    const admin = new pg.Client({ ...server.connection });
    await admin.connect();
    let written = 0;
    for (let round = 0; round < 10; round++) {
      const writes = Array.from({ length: 5 }, () => increment(round % 2 === 0 ? one : two));
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'casemate' AND query NOT LIKE 'LISTEN%'`,
      );
      written += (await Promise.all(writes)).length;
    }
    await admin.end();
    const fresh = await open();
    assert.equal(Number(counted(fresh)) - before, written);
    await fresh.close();
  });

  it('take in the end of a realm', async () => {
    await one.realms.destroy(ACME);
    await assert.rejects(two.acme.waitFor(1_000_000, 5_000), (error) => isStatusError(error, 'NotFound'));
    const { rows } = await (async () => {
      const admin = new pg.Client({ ...server.connection });
      await admin.connect();
      const found = await admin.query(
        'SELECT 1 FROM realms UNION ALL SELECT 1 FROM changes UNION ALL SELECT 1 FROM objects UNION ALL SELECT 1 FROM access',
      );
      await admin.end();
      return found;
    })();
    assert.deepEqual(rows, []);
  });
});

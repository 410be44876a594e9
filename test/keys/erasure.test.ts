/**
 * What is left of an organization whose keys were destroyed: the database's own files are read, byte by byte, for what was secret and for
 * every key of it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { openPostgres } from '#engines/postgres/open-postgres.ts';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { systemActor } from '#kernel/access.ts';
import { systemClock } from '#kernel/clock.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { Secret } from '#services/tenancy/secret.ts';
import { keyBackends } from '#trust/keys/backends.ts';
import { reconcileKey } from '#trust/keys/key/controller.ts';
import { Key } from '#trust/keys/key/key.ts';
import { type Keyring, softwareKeyring } from '#trust/keys/keyring.ts';
import { onlyRoots, type RootKeys, softwareRoots } from '#trust/keys/roots.ts';
import { SealError, symmetricKey } from '#trust/keys/wrapping.ts';

const ACME: RealmId = '/orgs/acme';
const PLAINTEXT = 'the-launch-code-is-7355608-and-nothing-else';

describe('an organization whose root was destroyed', () => {
  let postgres: TestPostgres;
  let database: Awaited<ReturnType<typeof openPostgres>>;
  let keyring: Keyring;
  let world: TestRealms;
  /** Every key of the organization, in the clear: collected where it is made. */
  const keys: Buffer[] = [];
  const masterKey = () => symmetricKey(new Uint8Array(32).fill(9));

  before(async () => {
    postgres = await startTestPostgres();
    database = await openPostgres({ connection: postgres.connection });
    const software = softwareRoots(masterKey());
    const watched: RootKeys = {
      ...software,
      async wrap(realm, material) {
        if (realm === ACME) keys.push(Buffer.from(material));
        return software.wrap(realm, material);
      },
    };
    keyring = softwareKeyring({
      region: 'lux',
      storage: database.keys,
      masterKey: masterKey(),
      roots: onlyRoots(watched),
      clock: systemClock,
    });
    world = await openTestRealms({
      kinds: [Namespace, Secret, Key],
      storage: database.log,
      keyring,
      clock: new ManualClock(Date.now()),
      create: ['/', ACME],
    });
  });
  after(async () => {
    await world.close();
    await database.close();
    await postgres.stop();
  });

  const filesWith = async (...needles: readonly (string | Buffer)[]) => {
    await checkpoint(postgres);
    const folder = join(String(postgres.connection.host), 'data');
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => {
        const bytes = readFileSync(path);
        return needles.some((needle) => bytes.includes(needle));
      });
  };

  it('leaves nothing that was secret and none of its keys in the files of the database, and nothing that opens what is left', async () => {
    const context = world.context(ACME);
    const secret = await world.realms.use(ACME, async (realm) => {
      const { resources } = realm;
      await resources.create(Namespace, undefined, { metadata: { name: 'p' } }, context);
      const stringData = { code: PLAINTEXT };
      const made = await resources.create(Secret, 'p', { metadata: { name: 's' }, stringData }, context);
      const spec = { purpose: 'encrypt', algorithm: 'AES-256-GCM' };
      await resources.create(Key, 'p', { metadata: { name: 'k' }, spec }, context);
      const change = { ...context, actor: systemActor(ACME, 'controller:keys') };
      await reconcileKey({ namespace: 'p', name: 'k' }, keyBackends(keyring), {
        realm,
        clock: world.clock,
        change,
      });
      return made.object;
    });
    const [name = ''] = await keyring.material.names(ACME, 'key.');
    const material = await keyring.material.get(ACME, name);
    assert.ok(material);
    keys.push(material);
    const { sealer } = await keyring.open(ACME);
    const left = sealer.seal(Buffer.from(PLAINTEXT), 'kept elsewhere');
    assert.equal(keys.length, 2);

    // Already while it lives the disk holds it sealed only. What is not secret is there, so the search would find it.
    const needles = [PLAINTEXT, Buffer.from(PLAINTEXT).toString('base64'), ...keys.flatMap(formsOf)];
    assert.deepEqual(await filesWith(...needles), []);
    assert.notDeepEqual(await filesWith(secret.metadata.uid), []);

    await world.realms.destroy(ACME);
    assert.deepEqual(await filesWith(...needles), []);
    assert.deepEqual(await database.keys.list(ACME), []);
    assert.throws(() => sealer.open(left, 'kept elsewhere'), SealError);
    await world.realms.create(ACME);
    const anew = await keyring.open(ACME);
    assert.throws(() => anew.sealer.open(left, 'kept elsewhere'), SealError);
  });
});

/** Writes what the database has in memory to its files. */
async function checkpoint({ connection }: TestPostgres): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query('CHECKPOINT');
  await client.end();
}

/** As bytes, and as text that some layer may have made of them. */
const formsOf = (key: Buffer) => [key, key.toString('hex'), key.toString('base64')];

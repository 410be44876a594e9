import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '#kernel/access.ts';
import { readRequest } from '../s3/request.ts';
import { authenticate } from '../s3/signature/authenticate.ts';
import { SigningKeys } from '../s3/signature/signing-keys.ts';
import { RELAYED_ID_MAX, relayedKeys } from './relayed-key.ts';
import { signedHeaders, signedTarget } from './sign.ts';

const NOW_MS = Date.parse('2026-11-22T10:00:30Z');
const ACTOR: Actor = {
  realm: '/orgs/acme',
  name: 'berta',
  groups: ['system:authenticated'],
  credential: 'session:1234',
  strength: 'passkey',
  authenticatedAt: NOW_MS - 1_000,
  address: '192.0.2.7',
};

/** What the keyring keeps, of one region. */
function material() {
  const kept = new Map<string, Buffer>();
  return {
    add: async (realm: string, name: string, bytes: Uint8Array) => {
      if (kept.has(realm + name)) return false;
      kept.set(realm + name, Buffer.from(bytes));
      return true;
    },
    get: async (realm: string, name: string) => {
      const bytes = kept.get(realm + name);
      return bytes && Buffer.from(bytes);
    },
  };
}

test('a key that one process of the region made is known to the others: whose it is, from where, until when', async () => {
  const region = material();
  const made = await relayedKeys(region).make(ACTOR, NOW_MS, 60_000);
  assert.ok(made.accessKey.length <= RELAYED_ID_MAX);
  assert.ok(!made.accessKey.includes(made.secret));
  const { groups: _, ...who } = ACTOR;
  const expires_ms = Date.parse('2026-11-22T10:02:00Z');
  const read = await relayedKeys(region).read(made.accessKey);
  assert.deepEqual(read, { ...who, expires_ms, secret: made.secret });
});

test('an id that was changed, or made by another region, is of nobody', async () => {
  const [own, other] = [relayedKeys(material()), relayedKeys(material())];
  const { accessKey } = await own.make(ACTOR, NOW_MS, 60_000);
  const [text = '', mac = ''] = accessKey.slice('CMR-'.length).split('.');
  const fields = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
  const forged = Buffer.from(JSON.stringify(fields.with(1, 'admin'))).toString('base64url');
  assert.equal(await own.read(`CMR-${forged}.${mac}`), undefined);
  assert.equal(await own.read(`CMR-${text}.${mac.slice(1)}A`), undefined);
  assert.equal(await own.read('CMAAAAAAAAAAAAAAAAAA'), undefined);
  assert.equal(await other.read(accessKey), undefined);
});

test('who has a name that no signature has room for is told so', async () => {
  const name = 'a'.repeat(400);
  await assert.rejects(relayedKeys(material()).make({ ...ACTOR, name }, NOW_MS, 60_000), /too long/);
});

const host = 'localhost:7480';
const keys = new SigningKeys();

test('a request that is signed in its headers is one that S3 takes, and a changed one is not', async () => {
  const made = await relayedKeys(material()).make(ACTOR, NOW_MS, 60_000);
  const target = '/photos/a%20b%2Bc/%C3%A9.jpg?versionId=1&tagging=';
  const sent = signedHeaders({ method: 'PUT', target, host, time_ms: NOW_MS }, { 'x-amz-meta-a': 'b' }, made);
  const lookup = async () => ({ secret: made.secret });
  const asked = (path: string) => readRequest('PUT', path, Object.entries(sent).flat());
  const who = await authenticate(asked(target), { lookup, keys, now_ms: NOW_MS });
  assert.ok(who.signed && who.accessKey === made.accessKey);
  await assert.rejects(
    authenticate(asked('/photos/other?versionId=1&tagging='), { lookup, keys, now_ms: NOW_MS }),
    { code: 'SignatureDoesNotMatch' },
  );
});

test('a link is one that S3 takes, until it is over', async () => {
  const made = await relayedKeys(material()).make(ACTOR, NOW_MS, 300_000);
  const target = '/photos/a.jpg?response-content-disposition=attachment%3B%20filename%3D%22a.jpg%22';
  const link = signedTarget({ method: 'GET', target, host, time_ms: NOW_MS }, 300, made);
  const lookup = async () => ({ secret: made.secret });
  const at = (now_ms: number) =>
    authenticate(readRequest('GET', link, ['host', host]), { lookup, keys, now_ms });
  assert.ok((await at(NOW_MS + 299_000)).signed);
  await assert.rejects(at(NOW_MS + 301_000), /expired/);
});

/** Who is refused, and what is on record of it. Cases of `test/objects.test.ts`. */
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import type { ObjectsTenant } from '../support/objects.ts';
import { failure } from './sdk.ts';
import { hostOf, send, signed, signingOf } from './wire.ts';

const MINUTE_MS = 60_000;
/** As the issue of objects asks: a key that was revoked is refused within a second. */
const REVOKED_MS_MAX = 1_000;

export function refusalCases(tenant: () => ObjectsTenant, other: () => ObjectsTenant): void {
  const Bucket = 'refusals';
  const Key = 'kept';

  test('refused: another organization’s key, a wrong secret, no signature, a key that is not there', async () => {
    const sdk = tenant().sdk();
    await sdk.send(new s3.CreateBucketCommand({ Bucket }));
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'kept' }));
    const get = (client: s3.S3Client) => failure(client.send(new s3.GetObjectCommand({ Bucket, Key })));
    const { keys } = tenant();
    // Of a bucket of that name in their own organization there is none.
    assert.equal(await get(other().sdk()), '404 NoSuchBucket');
    const wrong = {
      ...keys,
      secretAccessKey: keys.secretAccessKey.replace(/^./, (one) => (one === 'a' ? 'b' : 'a')),
    };
    assert.equal(await get(tenant().sdk(wrong)), '403 SignatureDoesNotMatch');
    const nobody = {
      ...keys,
      accessKeyId: keys.accessKeyId.replace(/.$/, (one) => (one === 'A' ? 'B' : 'A')),
    };
    assert.equal(await get(tenant().sdk(nobody)), '403 InvalidAccessKeyId');
    const unsigned = await send(tenant(), { method: 'GET', target: `/${Bucket}/${Key}` });
    assert.deepEqual([unsigned.status, unsigned.code], [403, 'AccessDenied']);
    const own = `acme.s3.testing.casemate.internal:${hostOf(tenant()).split(':')[1]}`;
    const theirs = await send(
      tenant(),
      signed(
        tenant(),
        { method: 'GET', target: `/${Bucket}/${Key}`, headers: { host: own } },
        signingOf(other().keys),
      ),
    );
    assert.deepEqual([theirs.status, theirs.code], [403, 'InvalidAccessKeyId']);
  });

  test('refused: a request of another time, and one that was changed after it was signed', async () => {
    const target = `/${Bucket}/${Key}`;
    for (const skew_ms of [-16 * MINUTE_MS, 16 * MINUTE_MS]) {
      const sent = signed(
        tenant(),
        { method: 'GET', target },
        signingOf(tenant().keys, Date.now() + skew_ms),
      );
      const { status, code } = await send(tenant(), sent);
      assert.deepEqual([status, code], [403, 'RequestTimeTooSkewed']);
    }
    const sent = signed(tenant(), { method: 'GET', target });
    assert.equal((await send(tenant(), sent)).body.toString(), 'kept');
    for (const change of [
      { method: 'DELETE' },
      { target: `/${Bucket}/other` },
      { target: `${target}?versionId=null` },
    ]) {
      const { status, code } = await send(tenant(), { ...sent, ...change });
      assert.deepEqual([status, code], [403, 'SignatureDoesNotMatch'], JSON.stringify(change));
    }
  });

  test('refused: a key that has expired; what is out of a key’s scope; one that was revoked, within a second', async () => {
    const expiring = await tenant().key('expiring', '--expires', new Date(Date.now() + 2_000).toISOString());
    const narrow = await tenant().key('narrow', '--read-only', '--bucket', Bucket);
    const revoked = await tenant().key('revoked');
    const get = (client: s3.S3Client) => failure(client.send(new s3.GetObjectCommand({ Bucket, Key })));
    const reader = tenant().sdk(narrow);
    assert.equal(await get(reader), 'did not fail');
    const write = reader.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x' }));
    assert.equal(await failure(write), '403 AccessDenied');
    const elsewhere = reader.send(new s3.ListObjectsV2Command({ Bucket: 'acme-first' }));
    assert.equal(await failure(elsewhere), '403 AccessDenied');
    const used = tenant().sdk(revoked);
    assert.equal(await get(used), 'did not fail');
    await tenant().admin.kubectl('delete', 'accesskey', 'revoked', '--wait=false');
    const deleted_ms = performance.now();
    let answer = await get(used);
    while (answer === 'did not fail' && performance.now() - deleted_ms < REVOKED_MS_MAX)
      answer = await get(used);
    assert.equal(answer, '403 InvalidAccessKeyId');
    const expired = tenant().sdk(expiring);
    let late = await get(expired);
    for (
      const begin_ms = performance.now();
      late === 'did not fail' && performance.now() - begin_ms < 10_000;
    )
      late = await get(expired);
    assert.equal(late, '403 InvalidAccessKeyId');
  });

  test('a bucket at a name of its own is reached with the same key; a page of another origin asks whether it may', async () => {
    const { ca, endpoint, keys } = tenant();
    const port = Number(endpoint.split(':').at(-1));
    const host = `${Bucket}.acme.s3.testing.casemate.internal`;
    const ask = (method: string, path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; allowed: string; body: string }>((resolve, reject) => {
        const outgoing = request({
          host: 'localhost',
          servername: host,
          port,
          method,
          path,
          ca,
          headers,
          agent: false,
        });
        outgoing.once('error', reject);
        outgoing.once('response', (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text;
          });
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              allowed: String(response.headers['access-control-allow-origin'] ?? ''),
              body,
            }),
          );
        });
        outgoing.end();
      });
    const own = signed(
      tenant(),
      { method: 'GET', target: `/${Key}`, headers: { host: `${host}:${port}` } },
      signingOf(keys),
    );
    assert.equal((await ask('GET', `/${Key}`, { ...own.headers })).body, 'kept');
    const sdk = tenant().sdk();
    const CORSRules = [{ AllowedOrigins: ['https://app.example'], AllowedMethods: ['PUT'] }];
    await sdk.send(new s3.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    const preflight = (origin: string) =>
      ask('OPTIONS', `/${Key}`, { host: `${host}:${port}`, origin, 'access-control-request-method': 'PUT' });
    assert.deepEqual(await preflight('https://app.example'), {
      status: 200,
      allowed: 'https://app.example',
      body: '',
    });
    assert.equal((await preflight('https://evil.example')).status, 403);
  });

  test('every access is in the organization’s log, refused ones too, and in nobody else’s', async () => {
    await tenant().sdk().send(new s3.GetObjectCommand({ Bucket, Key }));
    const show = ['ledger', 'show', '--log', 'access', '--limit', '2000', '-o', 'json'];
    const log = await tenant().admin.casemate(...show);
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const about = lines.filter(({ name }) => name === Bucket);
    const find = (call: string, decision: string) =>
      about.findLast(
        (line) => (line.details as { call?: string }).call === call && line.decision === decision,
      );
    const read = find('GetObject', 'allowed');
    assert.equal(read?.actor, 'ann');
    assert.equal(read?.credential, 'default/own');
    assert.deepEqual(read?.details, { call: 'GetObject', key: Key });
    assert.equal(find('PutObject', 'denied')?.credential, 'default/narrow');
    assert.doesNotMatch(log, new RegExp(tenant().keys.secretAccessKey));
    const theirs = await other().admin.casemate('ledger', 'show', '--log', 'access', '-o', 'json');
    assert.doesNotMatch(theirs, /"actor":"ann".*"name":"sdk-plain"/);
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { S3Error } from '../errors.ts';
import { readRequest } from '../request.ts';
import { EXAMPLE, presign, rawHeaders, signRequest } from '../testing/client.ts';
import { codeOfAsync } from '../testing/thrown.ts';
import { authenticate } from './authenticate.ts';
import { SigningKeys } from './signing-keys.ts';

const MAY_24 = Date.UTC(2013, 4, 24);
const MINUTE_MS = 60_000;
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const HOST = 'examplebucket.s3.amazonaws.com';

interface Sent {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function check({ method = 'GET', target, headers = {} }: Sent, now_ms = MAY_24, secret = EXAMPLE.secret) {
  return authenticate(readRequest(method, target, rawHeaders({ host: HOST, ...headers })), {
    lookup: async (accessKey) => (accessKey === EXAMPLE.accessKey ? { secret } : null),
    keys: new SigningKeys(),
    now_ms,
  });
}

const authorization = (names: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${names},Signature=${signature}`;

describe('Signature Version 4, with the examples that AWS publishes', () => {
  it('GET of an object with a range', async () => {
    const who = await check({
      target: '/test.txt',
      headers: {
        range: 'bytes=0-9',
        'x-amz-content-sha256': EMPTY,
        'x-amz-date': '20130524T000000Z',
        authorization: authorization(
          'host;range;x-amz-content-sha256;x-amz-date',
          'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        ),
      },
    });
    assert.equal(who.signed && who.accessKey, 'AKIAIOSFODNN7EXAMPLE');
    assert.deepEqual(who.payload, { form: 'hashed', sha256: EMPTY });
  });

  it('PUT of an object with a character in its key that is encoded for the signature only', async () => {
    const sha256 = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
    const headers = {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': sha256,
      authorization: authorization(
        'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    };
    const who = await check({ method: 'PUT', target: '/test$file.text', headers });
    assert.deepEqual(who.payload, { form: 'hashed', sha256 });
    assert.equal((await check({ method: 'PUT', target: '/test%24file.text', headers })).signed, true);
  });

  it('GET of a bucket’s lifecycle: a parameter without a value', async () => {
    const who = await check({
      target: '/?lifecycle',
      headers: {
        'x-amz-date': '20130524T000000Z',
        'x-amz-content-sha256': EMPTY,
        authorization: authorization(
          'host;x-amz-content-sha256;x-amz-date',
          'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
        ),
      },
    });
    assert.equal(who.signed, true);
  });

  it('list of a bucket', async () => {
    const headers = {
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': EMPTY,
      authorization: authorization(
        'host;x-amz-content-sha256;x-amz-date',
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    };
    assert.equal((await check({ target: '/?max-keys=2&prefix=J', headers })).signed, true);
    assert.equal((await check({ target: '/?prefix=J&max-keys=2', headers })).signed, true);
    assert.equal(
      await codeOfAsync(check({ target: '/?max-keys=2&prefix=K', headers })),
      'SignatureDoesNotMatch',
    );
  });

  it('a presigned URL', async () => {
    const target =
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    const who = await check({ target }, MAY_24 + 86_399_000);
    assert.equal(who.signed && who.presigned, true);
    assert.deepEqual(who.payload, { form: 'unsigned' });
    assert.equal(await codeOfAsync(check({ target }, MAY_24 + 86_400_000)), 'AccessDenied');
    assert.equal(await codeOfAsync(check({ target }, MAY_24 - 16 * MINUTE_MS)), 'AccessDenied');
    assert.equal(await codeOfAsync(check({ method: 'PUT', target })), 'SignatureDoesNotMatch');
  });
});

describe('who signed a request', () => {
  const signed = (sent: Sent) =>
    signRequest({
      method: sent.method ?? 'GET',
      target: sent.target,
      headers: { host: HOST, ...sent.headers },
    });

  it('is nobody where nothing is signed', async () => {
    assert.deepEqual(await check({ target: '/' }), { signed: false, payload: { form: 'unsigned' } });
  });

  it('is refused with another secret, host, method, path, query or signed header', async () => {
    const right = signed({ target: '/a/b?x=1', headers: { 'x-amz-meta-a': 'b' } });
    assert.equal((await check(right)).signed, true);
    assert.equal(await codeOfAsync(check(right, MAY_24, 'another')), 'SignatureDoesNotMatch');
    for (const wrong of [
      { ...right, method: 'HEAD' },
      { ...right, target: '/a/c?x=1' },
      { ...right, target: '/a/b?x=2' },
      { ...right, target: '/a/b?x=1&y=2' },
      { ...right, headers: { ...right.headers, host: 'other' } },
      { ...right, headers: { ...right.headers, 'x-amz-meta-a': 'c' } },
    ])
      assert.equal(await codeOfAsync(check(wrong)), 'SignatureDoesNotMatch');
  });

  it('is refused where a header of S3’s came that was not signed', async () => {
    const right = signed({ target: '/a' });
    const added = { ...right, headers: { ...right.headers, 'x-amz-meta-a': 'c' } };
    assert.equal(await codeOfAsync(check(added)), 'AccessDenied');
    const url = presign({ method: 'PUT', target: '/a', headers: { host: HOST } }, 60);
    assert.equal(await codeOfAsync(check({ ...url, headers: { 'x-amz-acl': 'private' } })), 'AccessDenied');
  });

  it('is known by the header Date as well, where x-amz-date is missing', async () => {
    const right = signed({ target: '/a', headers: { date: 'Fri, 24 May 2013 00:00:00 GMT' } });
    assert.equal(right.headers['x-amz-date'], undefined);
    assert.ok((await check(right)).signed);
    const { date: _, ...without } = right.headers;
    assert.equal(await codeOfAsync(check({ ...right, headers: without })), 'AccessDenied');
  });

  it('is told how far off the clock is, beyond 15 minutes', async () => {
    const right = signed({ target: '/a' });
    for (const minutes of [-15, 15]) assert.ok((await check(right, MAY_24 + minutes * MINUTE_MS)).signed);
    for (const minutes of [-16, 16])
      assert.equal(await codeOfAsync(check(right, MAY_24 + minutes * MINUTE_MS)), 'RequestTimeTooSkewed');
    await assert.rejects(check(right, MAY_24 + 20 * MINUTE_MS), /your clock is 20 minutes behind/);
  });

  it('is refused with an access key that is unknown or has expired', async () => {
    const right = signed({ target: '/a' });
    const request = readRequest('GET', '/a', rawHeaders(right.headers));
    const asked = (holder: { secret: string; expires_ms?: number } | null) =>
      authenticate(request, { lookup: async () => holder, keys: new SigningKeys(), now_ms: MAY_24 });
    assert.equal(await codeOfAsync(asked(null)), 'InvalidAccessKeyId');
    assert.equal(
      await codeOfAsync(asked({ secret: EXAMPLE.secret, expires_ms: MAY_24 })),
      'InvalidAccessKeyId',
    );
    assert.ok((await asked({ secret: EXAMPLE.secret, expires_ms: MAY_24 + 1 })).signed);
  });

  it('is told of signatures that are not taken, and of session tokens', async () => {
    const told = async (sent: Sent) => {
      const error = await check(sent).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof S3Error);
      return `${error.code}: ${error.message}`;
    };
    assert.match(
      await told({ target: '/', headers: { authorization: 'AWS AKIA:c2ln' } }),
      /^InvalidRequest: .*version 2/,
    );
    assert.match(
      await told({ target: '/?AWSAccessKeyId=A&Signature=B&Expires=1' }),
      /^InvalidRequest: .*version 2/,
    );
    assert.match(
      await told({ target: '/', headers: { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=x' } }),
      /^InvalidRequest: .*4A/,
    );
    assert.match(await told({ target: '/', headers: { authorization: 'Basic abc' } }), /^InvalidRequest/);
    assert.match(await told({ target: '/', headers: { 'x-amz-security-token': 'abc' } }), /^InvalidToken/);
    assert.match(await told({ target: '/?X-Amz-Security-Token=abc' }), /^InvalidToken/);
  });

  it('is told what of the signature is malformed', async () => {
    const right = signed({ target: '/a' });
    const header = right.headers.authorization ?? '';
    for (const wrong of [
      header.replace('/s3/', '/ec2/'),
      header.replace('aws4_request', 'aws5_request'),
      header.replace('20130524/', '20130525/'),
      header.replace('host;', ''),
      header.replace('host;', 'host;host;'),
      header.replace(/Signature=.*/, 'Signature=00'),
      header.replace(/Signature=.*/, ''),
      'AWS4-HMAC-SHA256',
      'AWS4-HMAC-SHA256 Credential',
    ])
      assert.equal(
        await codeOfAsync(check({ ...right, headers: { ...right.headers, authorization: wrong } })),
        'AuthorizationHeaderMalformed',
        wrong,
      );
    for (const expires of [0, 604_801]) {
      const url = presign({ method: 'GET', target: '/a', headers: { host: HOST } }, expires);
      assert.equal(await codeOfAsync(check(url)), 'AuthorizationQueryParametersError');
    }
    assert.ok(
      (await check(presign({ method: 'GET', target: '/a', headers: { host: HOST } }, 604_800))).signed,
    );
  });

  it('is right with keys of any characters, however the client encodes the path', async () => {
    const names = ['a b', 'a+b', 'ä/ö', '../x', 'a//b', "it's(*)!", '100%', '\u{1f600}'];
    for (const name of names) {
      for (const encode of [encodeURIComponent, encodeURI]) {
        const target = `/${encode(name)}`;
        assert.ok((await check(signed({ target }))).signed, target);
      }
    }
  });

  it('says how the bytes that follow are vouched for', async () => {
    const put = (sha256: string) =>
      signed({ method: 'PUT', target: '/a', headers: { 'x-amz-content-sha256': sha256 } });
    const forms = {
      'UNSIGNED-PAYLOAD': { form: 'unsigned' },
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { form: 'chunked', signed: true, trailer: false },
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { form: 'chunked', signed: true, trailer: true },
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { form: 'chunked', signed: false, trailer: true },
    };
    for (const [sha256, form] of Object.entries(forms))
      assert.deepEqual((await check(put(sha256))).payload, form);
    assert.equal(await codeOfAsync(check(put('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD'))), 'NotImplemented');
    assert.equal(await codeOfAsync(check(put('abc'))), 'InvalidArgument');
    const { 'x-amz-content-sha256': _, ...without } = put('UNSIGNED-PAYLOAD').headers;
    assert.equal(
      await codeOfAsync(check({ method: 'PUT', target: '/a', headers: without })),
      'InvalidRequest',
    );
    const nobody = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
    assert.equal(
      await codeOfAsync(check({ method: 'PUT', target: '/a', headers: nobody })),
      'InvalidArgument',
    );
    const url = presign({ method: 'PUT', target: '/a', headers: { host: HOST } }, 60);
    const streamed = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
    assert.equal((await check({ ...url, headers: streamed })).payload.form, 'chunked');
  });

  it('is remembered of the last used keys alone', () => {
    const keys = new SigningKeys(2);
    const key = (accessKey: string) => keys.get({ accessKey, date: '20130524', region: 'r' }, accessKey);
    const [a, b] = [key('a'), key('b')];
    assert.equal(key('a'), a);
    key('c');
    assert.equal(key('a'), a);
    assert.notEqual(key('b'), b);
    assert.deepEqual(key('b'), b);
  });

  it('goes by the secret of now, though signing keys are kept', async () => {
    const keys = new SigningKeys();
    const right = signed({ target: '/a' });
    const asked = (secret: string) =>
      authenticate(readRequest('GET', '/a', rawHeaders(right.headers)), {
        lookup: async () => ({ secret }),
        keys,
        now_ms: MAY_24,
      });
    assert.ok((await asked(EXAMPLE.secret)).signed);
    assert.equal(await codeOfAsync(asked('changed')), 'SignatureDoesNotMatch');
    assert.ok((await asked(EXAMPLE.secret)).signed);
  });
});

describe('what a client sends again and again', () => {
  const target = '/test.txt';
  const signed = signRequest({
    method: 'GET',
    target,
    headers: { host: HOST, 'x-amz-content-sha256': EMPTY },
  });
  const { host: _, ...headers } = signed.headers;
  const text = headers.authorization ?? '';

  it('is read as the first time: every signature is held to the request that it came with', async () => {
    assert.equal((await check({ target, headers })).signed, true);
    assert.equal((await check({ target, headers })).signed, true);
    assert.equal(await codeOfAsync(check({ target: '/other.txt', headers })), 'SignatureDoesNotMatch');
    const codes: readonly (readonly [authorization: string, code: string])[] = [
      [text.replace(/[0-9a-f]{64}$/, '0'.repeat(64)), 'SignatureDoesNotMatch'],
      [text.slice(0, -1), 'AuthorizationHeaderMalformed'],
      [`${text}0`, 'AuthorizationHeaderMalformed'],
      [`${text},Signature=${text.slice(-64)}`, 'AuthorizationHeaderMalformed'],
      [text.replace('us-east-1', 'us-west-1'), 'SignatureDoesNotMatch'],
    ];
    for (const [authorization, code] of codes)
      assert.equal(await codeOfAsync(check({ target, headers: { ...headers, authorization } })), code);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUDIENCE_LENGTH_MAX, AUDIENCES_MAX } from './limits.ts';
import { type Received, readRequest } from './request.ts';

const GOOD: Received = {
  method: 'POST',
  target: '/v1/token',
  headers: { 'casemate-identity': '1', host: '10.64.1.1:8740' },
  remotePort: 700,
  host: '10.64.1.1:8740',
};
const code = (changes: Partial<Received>) => {
  const read = readRequest({ ...GOOD, ...changes });
  return read.type === 'refusal' ? read.code : read.type;
};
const withHeader = (name: string, value: string | undefined) =>
  code({ headers: { ...GOOD.headers, [name]: value } });

describe('a request at a gateway', () => {
  it('asks for a token, a credential or a kubeconfig', () => {
    assert.deepEqual(readRequest(GOOD), { type: 'token', audiences: [] });
    assert.deepEqual(readRequest({ ...GOOD, target: '/v1/token?audience=a&audience=https%3A%2F%2Fb' }), {
      type: 'token',
      audiences: ['a', 'https://b'],
    });
    assert.equal(code({ target: '/v1/credential' }), 'credential');
    assert.equal(code({ target: '/v1/kubeconfig' }), 'kubeconfig');
  });

  it('comes from a port that only root may use', () => {
    assert.equal(code({ remotePort: 1_023 }), 'token');
    for (const remotePort of [1_024, 40_000, Number.POSITIVE_INFINITY])
      assert.equal(code({ remotePort }), 403);
  });

  it('says that it is meant, and that nobody passed it on', () => {
    for (const value of [undefined, '', '0', 'true', '1, 1']) {
      assert.equal(withHeader('casemate-identity', value), 403);
    }
    for (const name of ['origin', 'referer', 'forwarded', 'via', 'x-forwarded-for', 'x-real-ip']) {
      assert.equal(withHeader(name, ''), 403, name);
    }
    for (const host of [undefined, 'localhost:8740', '10.64.1.1', '10.64.1.1:80', 'rebound.example:8740']) {
      assert.equal(withHeader('host', host), 403, `${host}`);
    }
  });

  it('is a POST without a body', () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS', 'post']) assert.equal(code({ method }), 405);
    assert.equal(withHeader('content-length', '0'), 'token');
    assert.equal(withHeader('content-length', '1'), 400);
    assert.equal(withHeader('transfer-encoding', 'chunked'), 400);
  });

  it('names a path and parameters that there are', () => {
    const wrong = ['/', '/v1/token/', '/v1/../v1/token', '//v1/token', 'http://10.64.1.1:8740/v1/token', '*'];
    for (const target of [...wrong, '/v1/%74oken', '/constructor', `/${'x'.repeat(5_000)}`]) {
      assert.equal(code({ target }), 404, target);
    }
    assert.equal(code({ target: '/v1/token?account=boss' }), 400);
    assert.equal(code({ target: '/v1/credential?audience=a' }), 400);
    assert.equal(code({ target: '/v1/token?audience=' }), 400);
    assert.equal(code({ target: `/v1/token?audience=${'a'.repeat(AUDIENCE_LENGTH_MAX + 1)}` }), 400);
    assert.equal(code({ target: `/v1/token?${'audience=a&'.repeat(AUDIENCES_MAX)}audience=a` }), 400);
  });
});

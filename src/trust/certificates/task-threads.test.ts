import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { createClientAuthority, openClientAuthority } from './authority.ts';
import { type ClientCertificateOptions, signClientCertificate } from './client.ts';
import { newPersonalKey, signingRequest } from './personal-key.ts';
import { RequestError } from './request.ts';
import { certificateThreads } from './task-threads.ts';
import { certificateTasks } from './tasks.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const REQUEST = await signingRequest(newPersonalKey());

const options = async (user: string): Promise<ClientCertificateOptions> => ({
  user,
  groups: ['developers'],
  objectUid: '8d3c3f9e-0000-4000-8000-000000000001',
  spki: (await certificateTasks.checkRequest(REQUEST)).spki,
  now_ms: NOW,
  validity_days: 30,
});

describe('certificates made on threads of their own', () => {
  it('are signed by the authority, each for whom it was asked', async (t) => {
    const threads = certificateThreads(new ManualClock(), 2);
    t.after(() => threads.close());
    const material = createClientAuthority(NOW);
    const authority = openClientAuthority(material, threads);
    const users = Array.from({ length: 20 }, (_, at) => `user-${at}`);
    const signed = await Promise.all(
      users.map(async (user) => signClientCertificate(authority, await options(user))),
    );
    const own = await authority.certificate();
    for (const [at, { der, pem, serial }] of signed.entries()) {
      const certificate = new X509Certificate(der);
      assert.equal(certificate.subject, `CN=${users[at]}\nO=developers`);
      assert.ok(certificate.checkIssued(own) && certificate.verify(authority.publicKey));
      assert.equal(certificate.serialNumber.toLowerCase(), serial);
      assert.ok(new X509Certificate(pem).raw.equals(certificate.raw));
    }
    assert.deepEqual(await threads.checkRequest(REQUEST), await certificateTasks.checkRequest(REQUEST));
  });

  it('refuse a request in the words of the check itself', async (t) => {
    const threads = certificateThreads(new ManualClock(), 1);
    t.after(() => threads.close());
    const refusal = async (check: Promise<unknown>) => {
      const error = await check.catch((reason: unknown) => reason);
      assert.ok(error instanceof RequestError);
      return { reason: error.reason, message: error.message };
    };
    assert.deepEqual(
      await refusal(threads.checkRequest('nonsense')),
      await refusal(certificateTasks.checkRequest('nonsense')),
    );
  });

  it('go on after their threads ended for want of work, and fail once closed', async () => {
    const clock = new ManualClock();
    const threads = certificateThreads(clock, 1);
    const { type } = await threads.checkRequest(REQUEST);
    await clock.advance(120_000);
    assert.equal((await threads.checkRequest(REQUEST)).type, type);
    const last = threads.checkRequest(REQUEST);
    await Promise.all([threads.close(), assert.rejects(last, /ended/)]);
    await assert.rejects(threads.checkRequest(REQUEST), /ended/);
  });
});

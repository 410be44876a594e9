import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { it } from 'node:test';
import { createClientAuthority, openClientAuthority } from '../certificates/authority.ts';
import { signClientCertificate } from '../certificates/client.ts';
import { decodeClient, decodeRoot, encodeClient, encodeRoot } from './authority-blob.ts';
import { SealError } from './wrapping.ts';

const NOW = Date.parse('2026-11-21T12:00:00.500Z');

it('a client authority comes back as it was kept', () => {
  const { key: _, ...material } = createClientAuthority(NOW);
  assert.deepEqual(decodeClient(Buffer.from(encodeClient(material))), {
    ...material,
    privateKey: Buffer.from(material.privateKey),
  });
});

it('a client authority that an earlier release kept with a certificate goes on signing under the same name and key', async () => {
  const material = createClientAuthority(NOW);
  const before = openClientAuthority(material);
  const own = await before.certificate();
  const kept = encodeRoot({ curve: 'P-256', privateKey: material.privateKey, certificate: own.raw });
  const after = openClientAuthority(decodeClient(Buffer.from(kept)));
  assert.equal(after.notAfter_ms, before.notAfter_ms);
  const signed = await signClientCertificate(after, {
    user: 'alice',
    groups: [],
    objectUid: '8d3c3f9e-0000-4000-8000-000000000001',
    spki: before.publicKey.export({ type: 'spki', format: 'der' }),
    now_ms: NOW,
    validity_days: 1,
  });
  const certificate = new X509Certificate(signed.der);
  assert.ok(certificate.checkIssued(own));
  assert.ok(certificate.verify(before.publicKey));
});

it('what is no authority is refused', () => {
  const whole = Buffer.from(encodeClient(createClientAuthority(NOW)));
  for (const bytes of [
    Buffer.alloc(0),
    whole.subarray(0, 2),
    whole.subarray(0, 40),
    Buffer.from([9, 0, 0, 1]),
  ]) {
    assert.throws(() => decodeClient(bytes), SealError);
    assert.throws(() => decodeRoot(bytes), SealError);
  }
});

/** Certificates as we write them, held against what OpenSSL (through Node) and @peculiar/x509 read in them. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClientAuthority, DAY_MS, openAuthority } from './authority.ts';
import { signClientCertificate } from './client.ts';
import { der, elements, oid, TAG, time, unsigned } from './der.ts';
import { newPersonalKey, signingRequest } from './personal-key.ts';
import { checkRequest } from './request.ts';
import * as x509 from './x509.ts';

const NOW = Date.UTC(2026, 10, 21);

test('what we write, others read: names in any script, times to the second, extensions, and a signature that verifies', async () => {
  const authority = await openAuthority(await createClientAuthority(NOW));
  const { spki } = await checkRequest(await signingRequest(newPersonalKey()));
  const objectUid = '6f3a4a54-6a3e-4a53-8b26-3f6a8f9c2b11';
  const user = 'Zoë Müller 部長';
  const groups = ['auditors', 'x'.repeat(60)];
  const made = await signClientCertificate(authority, {
    user,
    groups,
    objectUid,
    spki,
    now_ms: NOW,
    validity_days: 30,
  });
  const read = new X509Certificate(made.pem);
  assert.ok(read.verify(authority.publicKey));
  assert.ok(read.checkIssued(authority.certificate));
  assert.equal(read.subject, `CN=${user}\nO=auditors\nO=${'x'.repeat(60)}`);
  assert.equal(read.serialNumber.toLowerCase(), made.serial);
  assert.equal(read.validToDate.getTime(), NOW + 30 * DAY_MS);
  assert.equal(read.subjectAltName, `URI:urn:uuid:${objectUid}`);
  assert.equal(read.ca, false);
  const other = new x509.X509Certificate(made.pem);
  assert.ok(
    await other.verify({ publicKey: new x509.X509Certificate(authority.pem).publicKey, signatureOnly: true }),
  );
  assert.deepEqual(
    Array.from(other.extensions, ({ type, critical }) => [type, critical]),
    [
      ['2.5.29.19', true],
      ['2.5.29.15', true],
      ['2.5.29.37', true],
      ['2.5.29.17', false],
      ['2.5.29.35', false],
      ['2.5.29.14', false],
    ],
  );
});

test('the bytes that an authority was opened from may be zeroed', async () => {
  const material = await createClientAuthority(NOW);
  const authority = await openAuthority(material);
  material.certificate.fill(0);
  material.privateKey.fill(0);
  const { spki } = await checkRequest(await signingRequest(newPersonalKey()));
  const common = { user: 'alice', groups: [], objectUid: 'u', spki, now_ms: NOW, validity_days: 1 };
  const { pem } = await signClientCertificate(authority, common);
  assert.ok(new X509Certificate(pem).checkIssued(authority.certificate));
});

test('identifiers, integers and times are those of the standard', () => {
  assert.equal(oid('1.2.840.10045.4.3.2').toString('hex'), '06082a8648ce3d040302');
  assert.equal(unsigned(Uint8Array.of(0, 0, 0x80)).toString('hex'), '02020080');
  assert.equal(unsigned(Uint8Array.of(0)).toString('hex'), '020100');
  assert.equal(time(Date.UTC(2049, 11, 31, 23, 59, 59)).toString('latin1'), '\x17\r491231235959Z');
  assert.equal(time(Date.UTC(2050, 0, 1)).toString('latin1'), '\x18\x0f20500101000000Z');
});

test('elements of any length are found as they were written, and cut-short ones are refused', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70_000, size: 'max' }), { maxLength: 3 }), (contents) => {
      fc.pre(contents.every(({ length }) => length < 0x10000));
      const bytes = Buffer.concat(contents.map((content) => der(TAG.octetString, content)));
      assert.deepEqual(
        elements(bytes).map(({ content }) => Buffer.from(content)),
        contents.map((content) => Buffer.from(content)),
      );
      if (contents.some(({ length }) => length > 0)) {
        const last = contents.findLastIndex(() => true);
        if ((contents[last]?.length ?? 0) > 0)
          assert.throws(() => elements(bytes.subarray(0, -1)), RangeError);
      }
    }),
    { numRuns: 50 },
  );
});

/**
 * Throwaway certificates for tests of the wire: a root, a server, clients. The least DER that does it. Never for anything real:
 * `trust/` makes those.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
};
const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts);
const set = (...parts: Uint8Array[]) => tlv(0x31, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string) => tlv(0x0c, Buffer.from(text));
const octets = (body: Uint8Array) => tlv(0x04, body);
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = '550403';
const ORGANIZATION = '55040a';
const BASIC_CONSTRAINTS = '551d13';
const SUBJECT_ALTERNATIVE_NAME = '551d11';
const LOOPBACK = Buffer.from([127, 0, 0, 1]);

function name(commonName: string, organizations: readonly string[]): Buffer {
  return sequence(
    ...organizations.map((organization) => set(sequence(oid(ORGANIZATION), utf8(organization)))),
    set(sequence(oid(COMMON_NAME), utf8(commonName))),
  );
}

const time = (text: string) => tlv(0x17, Buffer.from(text));
const VALIDITY = sequence(time('200101000000Z'), time('491231235959Z'));

export interface TestCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface TestAuthority {
  /** PEM of the root. */
  readonly ca: string;
  readonly publicKey: KeyObject;
  /** For 127.0.0.1 and localhost. */
  server(): TestCertificate;
  client(user: string, groups?: readonly string[]): TestCertificate;
}

export function testAuthority(): TestAuthority {
  const root = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const rootName = name('test root', []);
  const certify = (subject: Buffer, publicKey: KeyObject, extensions: Buffer[]): string => {
    const body = sequence(
      tlv(0xa0, tlv(0x02, Buffer.from([2]))),
      tlv(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
      ECDSA_WITH_SHA256,
      rootName,
      VALIDITY,
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', body, root.privateKey);
    const der = sequence(body, ECDSA_WITH_SHA256, tlv(0x03, Buffer.from([0]), signature));
    const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  };
  const constraints = (authority: boolean) =>
    sequence(oid(BASIC_CONSTRAINTS), TRUE, octets(authority ? sequence(TRUE) : sequence()));
  const issue = (subject: Buffer, extensions: Buffer[]): TestCertificate => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    return {
      cert: certify(subject, publicKey, [constraints(false), ...extensions]),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  };
  return {
    ca: certify(rootName, root.publicKey, [constraints(true)]),
    publicKey: root.publicKey,
    server: () =>
      issue(name('test server', []), [
        sequence(
          oid(SUBJECT_ALTERNATIVE_NAME),
          octets(sequence(tlv(0x87, LOOPBACK), tlv(0x82, Buffer.from('localhost')))),
        ),
      ]),
    client: (user, groups = []) => issue(name(user, groups), []),
  };
}

/**
 * Lists of revoked certificates (RFC 5280 §5), signed by the authority that issued them. Says nothing of what has expired: whoever looks at
 * a list refuses that anyway.
 */
import { type Issuer, signingAlgorithm } from './tasks.ts';
import * as x509 from './x509.ts';

const CRL_NUMBER_OID = '2.5.29.20';

/** Reasons of RFC 5280 §5.3.1 that a certificate of a server can be revoked for. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;
export type RevocationReason = keyof typeof REVOCATION_REASONS;

export interface RevokedSerial {
  /** Hex. */
  readonly serial: string;
  readonly revoked_ms: number;
  readonly reason: RevocationReason;
}

export interface RevocationList {
  readonly revoked: readonly RevokedSerial[];
  readonly thisUpdate_ms: number;
  /** By when there will be another one. */
  readonly nextUpdate_ms: number;
}

/** The list in DER. */
export async function signRevocationList(issuer: Issuer, list: RevocationList): Promise<Uint8Array> {
  const algorithm = signingAlgorithm(issuer.curve);
  const crl = await x509.X509CrlGenerator.create({
    issuer: [{ CN: [issuer.commonName] }],
    thisUpdate: wholeSecond(list.thisUpdate_ms),
    nextUpdate: wholeSecond(list.nextUpdate_ms),
    signingAlgorithm: algorithm,
    signingKey: issuer.signingKey.toCryptoKey(algorithm, false, ['sign']),
    extensions: [
      new x509.AuthorityKeyIdentifierExtension(issuer.keyIdentifier),
      new x509.Extension(CRL_NUMBER_OID, false, crlNumber(list.thisUpdate_ms)),
    ],
    entries: list.revoked.map(({ serial, revoked_ms, reason }) => ({
      serialNumber: serial,
      revocationDate: wholeSecond(revoked_ms),
      // "Unspecified" is said by saying nothing (RFC 5280 §5.3.1).
      ...(reason === 'unspecified' ? {} : { reason: REVOCATION_REASONS[reason] }),
    })),
  });
  return new Uint8Array(crl.rawData);
}

const wholeSecond = (time_ms: number) => new Date(Math.floor(time_ms / 1000) * 1000);

const NUMBER_BYTES = 6;

/**
 * A list made later has a larger number (RFC 5280 §5.2.3), whichever process made it: the time in milliseconds, which from 2004 to 6429 is
 * an INTEGER of exactly six bytes whose first bit is 0.
 */
function crlNumber(time_ms: number): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(2 + NUMBER_BYTES);
  bytes.set([0x02, NUMBER_BYTES]);
  bytes.writeUIntBE(time_ms, 2, NUMBER_BYTES);
  return Uint8Array.from(bytes);
}

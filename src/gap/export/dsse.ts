/**
 * DSSE envelopes (secure-systems-lab/dsse) signed with the keys of a realm's ledger: Ed25519, and ML-DSA-44 where it has one. So whoever trusts the ledger's key, as
 * `casemate ledger key` prints it, needs no other. What a ledger signs besides begins with its origin or `subtree/v1`, and this with `DSSEv1`: neither is ever the other.
 */
import { createPublicKey, verify } from 'node:crypto';
import type { RealmKeys } from '#kernel/keys.ts';
import { keyId, SIGNATURE_TYPE, splitVkey } from '#kernel/log/note.ts';

export const IN_TOTO = 'application/vnd.in-toto+json';
export const ENVELOPE_BYTES_MAX = 64 * 1024;
const SIGNATURES_MAX = 8;

export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** What is signed. */
function preAuthentication(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    payload,
  ]);
}

const keyName = (
  name: string,
  publicKey: Uint8Array,
  type: (typeof SIGNATURE_TYPE)[keyof typeof SIGNATURE_TYPE],
) => `${name}+${keyId(name, publicKey, type).toString('hex')}`;

export async function signEnvelope(payload: Uint8Array, { logs, cosigners }: RealmKeys): Promise<Envelope> {
  const message = preAuthentication(IN_TOTO, payload);
  const log = logs.changes;
  const signatures = [
    {
      keyid: keyName(log.origin, log.publicKey, SIGNATURE_TYPE.ed25519),
      sig: Buffer.from(log.sign(message)).toString('base64'),
    },
  ];
  const cosigner = cosigners?.changes;
  if (cosigner !== undefined) {
    signatures.push({
      keyid: keyName(cosigner.name, cosigner.publicKey, SIGNATURE_TYPE.mlDsa44Cosignature),
      sig: Buffer.from(await cosigner.sign(message)).toString('base64'),
    });
  }
  return { payloadType: IN_TOTO, payload: Buffer.from(payload).toString('base64'), signatures };
}

const ALGORITHMS: Readonly<Record<number, 'ed25519' | 'ml-dsa-44'>> = {
  [SIGNATURE_TYPE.ed25519]: 'ed25519',
  [SIGNATURE_TYPE.mlDsa44Cosignature]: 'ml-dsa-44',
};

export class EnvelopeError extends Error {}

/** The payload, once every key that is trusted signed it; `vkeys`: one or more, as `casemate ledger key` prints them. Throws EnvelopeError. */
export function openEnvelope(
  text: string,
  vkeys: readonly string[],
): { readonly payload: Buffer; readonly signers: readonly string[] } {
  if (text.length > ENVELOPE_BYTES_MAX) throw new EnvelopeError(`has more than ${ENVELOPE_BYTES_MAX} bytes`);
  const envelope = readEnvelope(text);
  const payload = Buffer.from(envelope.payload, 'base64');
  const message = preAuthentication(envelope.payloadType, payload);
  if (envelope.payloadType !== IN_TOTO)
    throw new EnvelopeError(`is of another type, ${envelope.payloadType.slice(0, 100)}`);
  const signers: string[] = [];
  for (const vkey of vkeys) {
    const { name, type, publicKey } = splitVkey(vkey);
    const algorithm = ALGORITHMS[type];
    if (algorithm === undefined)
      throw new EnvelopeError(`${name} is a key of type ${type}, which signs no exports`);
    const keyid = keyName(name, publicKey, type as (typeof SIGNATURE_TYPE)['ed25519']);
    const signature = envelope.signatures.find((one) => one.keyid === keyid);
    if (signature === undefined) throw new EnvelopeError(`is not signed by ${keyid} (${algorithm})`);
    const key = createPublicKey({ key: publicKey, format: 'raw-public', asymmetricKeyType: algorithm });
    if (!verify(null, message, key, Buffer.from(signature.sig, 'base64'))) {
      throw new EnvelopeError(`the signature of ${keyid} (${algorithm}) does not fit`);
    }
    signers.push(`${keyid} (${algorithm})`);
  }
  if (signers.length === 0) throw new EnvelopeError('no key is trusted');
  return { payload, signers };
}

function readEnvelope(text: string): Envelope {
  let value: Partial<Envelope>;
  try {
    value = JSON.parse(text) as Partial<Envelope>;
  } catch {
    throw new EnvelopeError('is no JSON');
  }
  const { payloadType, payload, signatures } = value ?? {};
  if (
    typeof payloadType !== 'string' ||
    typeof payload !== 'string' ||
    !Array.isArray(signatures) ||
    signatures.length > SIGNATURES_MAX ||
    !signatures.every(({ keyid, sig } = {}) => typeof keyid === 'string' && typeof sig === 'string')
  ) {
    throw new EnvelopeError('is no DSSE envelope');
  }
  return { payloadType, payload, signatures };
}

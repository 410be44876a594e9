/**
 * The bytes of a certificate authority at rest, before they are wrapped: `u8 form ‖ u16 length ‖ key ‖ rest`. The form says what
 * the rest is: the certificate of an authority on P-256 or P-384, or the name and the days of a client authority.
 */
import { type ClientMaterial, type RootMaterial, withoutCertificate } from '../certificates/authority.ts';
import type { Curve } from '../certificates/tasks.ts';
import { SealError } from './wrapping.ts';

const CURVES: readonly Curve[] = ['P-256', 'P-384'];
const CLIENT_FORM = 2;
const HEADER_BYTES = 3;
/** `f64 notBefore_ms ‖ f64 notAfter_ms`, before the name. */
const DAYS_BYTES = 16;

/** The result holds the private key: zero it when it is wrapped. */
export function encodeRoot({ curve, privateKey, certificate }: RootMaterial): Uint8Array {
  return encode(CURVES.indexOf(curve), privateKey, certificate);
}

/** As `encodeRoot`. */
export function encodeClient(material: ClientMaterial): Uint8Array {
  const days = Buffer.alloc(DAYS_BYTES);
  days.writeDoubleBE(material.notBefore_ms, 0);
  days.writeDoubleBE(material.notAfter_ms, 8);
  return encode(CLIENT_FORM, material.privateKey, Buffer.concat([days, Buffer.from(material.commonName)]));
}

/** Views into `bytes`, not copies, so that zeroing `bytes` clears the private key too. */
export function decodeRoot(bytes: Buffer): RootMaterial {
  const { form, privateKey, rest } = decode(bytes);
  const curve = CURVES[form];
  if (!curve || rest.length === 0) throw malformed();
  return { curve, privateKey, certificate: rest };
}

/** As `decodeRoot`. Reads also what earlier releases kept, with a certificate. */
export function decodeClient(bytes: Buffer): ClientMaterial {
  const { form, privateKey, rest } = decode(bytes);
  if (form !== CLIENT_FORM) return withoutCertificate(decodeRoot(bytes));
  if (rest.length <= DAYS_BYTES) throw malformed();
  return {
    commonName: rest.toString('utf8', DAYS_BYTES),
    privateKey,
    notBefore_ms: rest.readDoubleBE(0),
    notAfter_ms: rest.readDoubleBE(8),
  };
}

function encode(form: number, privateKey: Uint8Array, rest: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(form, 0);
  header.writeUInt16BE(privateKey.length, 1);
  return Buffer.concat([header, privateKey, rest]);
}

function decode(bytes: Buffer): { form: number; privateKey: Buffer; rest: Buffer } {
  if (bytes.length < HEADER_BYTES) throw malformed();
  const end = HEADER_BYTES + bytes.readUInt16BE(1);
  if (end > bytes.length) throw malformed();
  return {
    form: bytes.readUInt8(0),
    privateKey: bytes.subarray(HEADER_BYTES, end),
    rest: bytes.subarray(end),
  };
}

const malformed = (): SealError => new SealError('a stored authority is malformed');

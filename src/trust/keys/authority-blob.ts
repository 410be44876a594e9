/** The bytes of a certificate authority at rest, before they are wrapped: `u8 curve ‖ u16 length ‖ key ‖ certificate`. */
import type { AuthorityMaterial, Curve } from '../certificates/authority.ts';
import { SealError } from './wrapping.ts';

const CURVES: readonly Curve[] = ['P-256', 'P-384'];
const HEADER_BYTES = 3;

/** The result holds the private key: zero it when it is wrapped. */
export function encodeAuthority(material: AuthorityMaterial): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(CURVES.indexOf(material.curve), 0);
  header.writeUInt16BE(material.privateKey.length, 1);
  return Buffer.concat([header, material.privateKey, material.certificate]);
}

/** Views into `bytes`, not copies, so that zeroing `bytes` clears the private key too. */
export function decodeAuthority(bytes: Buffer): AuthorityMaterial {
  const curve = CURVES[bytes[0] ?? CURVES.length];
  const length = bytes.length >= HEADER_BYTES ? bytes.readUInt16BE(1) : 0;
  if (!curve || bytes.length <= HEADER_BYTES + length) throw new SealError('a stored authority is malformed');
  return {
    curve,
    privateKey: bytes.subarray(HEADER_BYTES, HEADER_BYTES + length),
    certificate: bytes.subarray(HEADER_BYTES + length),
  };
}

/**
 * The X.509 name constraints extension (RFC 5280 §4.2.1.10), which @peculiar/x509 does not write: which DNS names and
 * IP ranges certificates below an authority may carry. A stolen root key is then worth nothing for other names.
 */
import { isIP } from 'node:net';

/** An address and prefix length in CIDR form, `10.0.0.0/8` or `fd00::/8`; or a bare address. */
export type IpRange = string;

export interface NameConstraints {
  /** `casemate.internal` permits that name and everything below it. */
  readonly dnsNames: readonly string[];
  readonly ipRanges: readonly IpRange[];
  /** Ranges that none may carry. A kind of name that is permitted nowhere would be allowed everywhere. */
  readonly excludedIpRanges?: readonly IpRange[];
}

/** Every address there is. */
export const ALL_ADDRESSES: readonly IpRange[] = ['0.0.0.0/0', '::/0'];

const SEQUENCE = 0x30;
const PERMITTED_SUBTREES = 0xa0;
const EXCLUDED_SUBTREES = 0xa1;
const GENERAL_NAME_DNS = 0x82;
const GENERAL_NAME_IP = 0x87;

function der(tag: number, content: Uint8Array): Uint8Array {
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** The 4 or 16 bytes of an address. Throws a TypeError on text that is none. */
export function addressBytes(address: string): Uint8Array {
  const family = isIP(address);
  if (family === 4) return Uint8Array.from(address.split('.'), Number);
  if (family !== 6 || address.includes('%')) throw new TypeError(`"${address}" is not an IP address`);
  const bytes = new Uint8Array(16);
  // A trailing dotted quad counts as two groups.
  const quad = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string | undefined, low: string | undefined) =>
    ((Number(high) << 8) | Number(low)).toString(16);
  const text = quad ? `${quad[1]}${hex(quad[2], quad[3])}:${hex(quad[4], quad[5])}` : address;
  const [head = '', tail] = text.split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  all.forEach((group, index) => {
    bytes[2 * index] = group >> 8;
    bytes[2 * index + 1] = group & 0xff;
  });
  return bytes;
}

/** Address and mask of a range, as bytes. Throws a TypeError on text that is none. */
export function parseRange(range: IpRange): { readonly address: Uint8Array; readonly mask: Uint8Array } {
  const [text = '', prefixText, ...more] = range.split('/');
  const address = addressBytes(text);
  const bits = address.length * 8;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (more.length > 0 || prefixText === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > bits) {
    throw new TypeError(`"${range}" is not an IP range; write it like 10.0.0.0/8`);
  }
  const mask = address.map((_, index) => {
    const ones = Math.min(8, Math.max(0, prefix - 8 * index));
    return (0xff << (8 - ones)) & 0xff;
  });
  return { address: address.map((byte, index) => byte & (mask[index] ?? 0)), mask };
}

/** The extension's value. */
export function encodeNameConstraints(constraints: NameConstraints): Uint8Array {
  const { dnsNames, ipRanges, excludedIpRanges = [] } = constraints;
  const names = dnsNames.map((name) => der(SEQUENCE, der(GENERAL_NAME_DNS, Buffer.from(name, 'ascii'))));
  const permitted = der(PERMITTED_SUBTREES, Buffer.concat([...names, ...ipRanges.map(ipSubtree)]));
  if (excludedIpRanges.length === 0) return der(SEQUENCE, permitted);
  const excluded = der(EXCLUDED_SUBTREES, Buffer.concat(excludedIpRanges.map(ipSubtree)));
  return der(SEQUENCE, Buffer.concat([permitted, excluded]));
}

function ipSubtree(range: IpRange): Uint8Array {
  const { address, mask } = parseRange(range);
  return der(SEQUENCE, der(GENERAL_NAME_IP, Buffer.concat([address, mask])));
}

export function permitsName(constraints: NameConstraints, name: string): boolean {
  return constraints.dnsNames.some((base) => name === base || name.endsWith(`.${base}`));
}

export function permitsAddress(constraints: NameConstraints, ip: string): boolean {
  const wanted = addressBytes(ip);
  const holds = (range: IpRange) => {
    const { address, mask } = parseRange(range);
    return (
      address.length === wanted.length &&
      address.every((byte, index) => byte === ((wanted[index] ?? 0) & (mask[index] ?? 0)))
    );
  };
  return constraints.ipRanges.some(holds) && !constraints.excludedIpRanges?.some(holds);
}

/** The constraints in an extension that `encodeNameConstraints` wrote. Throws a TypeError on any other. */
export function decodeNameConstraints(value: Uint8Array): NameConstraints {
  const [first, second] = elements(only(value, SEQUENCE));
  if (first?.tag !== PERMITTED_SUBTREES || (second !== undefined && second.tag !== EXCLUDED_SUBTREES)) {
    throw unknownForm();
  }
  const { dnsNames, ipRanges } = decodeSubtrees(first.content);
  if (second === undefined) return { dnsNames, ipRanges };
  const excluded = decodeSubtrees(second.content);
  if (excluded.dnsNames.length > 0) throw unknownForm();
  return { dnsNames, ipRanges, excludedIpRanges: excluded.ipRanges };
}

function decodeSubtrees(bytes: Uint8Array): { readonly dnsNames: string[]; readonly ipRanges: IpRange[] } {
  const dnsNames: string[] = [];
  const ipRanges: IpRange[] = [];
  for (const subtree of elements(bytes)) {
    const [name] = elements(subtree.content);
    if (name?.tag === GENERAL_NAME_DNS) dnsNames.push(Buffer.from(name.content).toString('ascii'));
    else if (name?.tag === GENERAL_NAME_IP) ipRanges.push(formatRange(name.content));
    else throw unknownForm();
  }
  return { dnsNames, ipRanges };
}

const unknownForm = () => new TypeError('not name constraints that Casemate wrote');

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

function* elements(bytes: Uint8Array): Generator<Element> {
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    if (lengthBytes > 2) throw new TypeError('name constraints are longer than Casemate writes them');
    let length = lengthBytes === 0 ? first : 0;
    for (let i = 0; i < lengthBytes; i++) length = (length << 8) | (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) throw new TypeError('name constraints are cut short');
    yield { tag, content: bytes.subarray(start, start + length) };
    at = start + length;
  }
}

function only(bytes: Uint8Array, tag: number): Uint8Array {
  const [first] = elements(bytes);
  if (first?.tag !== tag) throw unknownForm();
  return first.content;
}

/** `a.b.c.d/n` or eight groups of hex; address and mask are each half of `bytes`. */
function formatRange(bytes: Uint8Array): IpRange {
  const half = bytes.length / 2;
  if (half !== 4 && half !== 16) throw new TypeError('an IP range has 8 or 32 bytes');
  let prefix = 0;
  for (const byte of bytes.subarray(half)) prefix += byte.toString(2).replaceAll('0', '').length;
  const address = bytes.subarray(0, half);
  if (half === 4) return `${address.join('.')}/${prefix}`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((((address[i] ?? 0) << 8) | (address[i + 1] ?? 0)).toString(16));
  }
  return `${groups.join(':')}/${prefix}`;
}

/** Bech32 (BIP 173), without its bound on length: the form in which age writes keys. Pure. */

const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECK_LETTERS = 6;

function polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATOR.entries()) if (((top >>> bit) & 1) === 1) check ^= generator;
  }
  return check >>> 0;
}

const expanded = (prefix: string): number[] => [
  ...Array.from(prefix, (letter) => letter.charCodeAt(0) >>> 5),
  0,
  ...Array.from(prefix, (letter) => letter.charCodeAt(0) & 31),
];

/** Numbers of `from` bits to numbers of `to` bits; undefined when what is left over is not zero. */
function regroup(values: Iterable<number>, from: number, to: number, pad: boolean): number[] | undefined {
  let [rest, bits] = [0, 0];
  const groups: number[] = [];
  for (const value of values) {
    rest = ((rest << from) | value) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      groups.push((rest >>> bits) & ((1 << to) - 1));
    }
  }
  const left = (rest << (to - bits)) & ((1 << to) - 1);
  if (pad) {
    if (bits > 0) groups.push(left);
  } else if (bits >= from || left !== 0) return undefined;
  return groups;
}

/** `prefix` in lower case. */
export function bech32(prefix: string, bytes: Uint8Array): string {
  const data = regroup(bytes, 8, 5, true) ?? [];
  const check = polymod([...expanded(prefix), ...data, ...Array<number>(CHECK_LETTERS).fill(0)]) ^ 1;
  const letters = Array.from(
    { length: CHECK_LETTERS },
    (_, at) => (check >>> (5 * (CHECK_LETTERS - 1 - at))) & 31,
  );
  return `${prefix}1${[...data, ...letters].map((value) => LETTERS[value]).join('')}`;
}

/** The bytes of a text with this prefix, of one case throughout; undefined when it is none, or was mistyped. */
export function bech32Bytes(prefix: string, text: string): Buffer | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  if (!lower.startsWith(`${prefix}1`)) return undefined;
  const values = Array.from(lower.slice(prefix.length + 1), (letter) => LETTERS.indexOf(letter));
  if (values.length < CHECK_LETTERS || values.includes(-1)) return undefined;
  if (polymod([...expanded(prefix), ...values]) !== 1) return undefined;
  const bytes = regroup(values.slice(0, -CHECK_LETTERS), 5, 8, false);
  return bytes === undefined ? undefined : Buffer.from(bytes);
}

/**
 * What content is, by its bytes and never by its name. Text is text to its last byte: one control character that texts do not have makes it something else, so that
 * nothing else can lie in it. Pure.
 */

/** Types that a policy may let out. `opened`: archives, whose members must be let out as well. `opaque`: nothing here can look into it. */
export const TYPES = {
  text: {
    what: 'text: UTF-8, UTF-16 with a mark, or an 8-bit code; CSV, JSON, XML, logs, programs',
    how: 'read',
  },
  zip: { what: 'a zip file', how: 'opened' },
  gzip: { what: 'a gzip file', how: 'opened' },
  tar: { what: 'a tar file', how: 'opened' },
  office: { what: 'an office document (OOXML, OpenDocument): a zip file of XML', how: 'opened' },
  pdf: { what: 'PDF', how: 'opaque' },
  postscript: { what: 'PostScript', how: 'opaque' },
  rtf: { what: 'RTF', how: 'opaque' },
  png: { what: 'PNG', how: 'opaque' },
  jpeg: { what: 'JPEG', how: 'opaque' },
  gif: { what: 'GIF', how: 'opaque' },
  tiff: { what: 'TIFF', how: 'opaque' },
  webp: { what: 'WebP', how: 'opaque' },
  parquet: { what: 'Apache Parquet', how: 'opaque' },
  sqlite: { what: 'an SQLite database', how: 'opaque' },
  hdf5: { what: 'HDF5', how: 'opaque' },
  numpy: { what: 'a NumPy array', how: 'opaque' },
  gguf: { what: 'a language model (GGUF)', how: 'opaque' },
  elf: { what: 'a program (ELF)', how: 'opaque' },
  pe: { what: 'a program (PE)', how: 'opaque' },
  macho: { what: 'a program (Mach-O)', how: 'opaque' },
  java: { what: 'Java byte code', how: 'opaque' },
  wasm: { what: 'WebAssembly', how: 'opaque' },
  ole: { what: 'an older office document (OLE)', how: 'opaque' },
  pkcs12: { what: 'keys and certificates (PKCS #12)', how: 'opaque' },
  zstd: { what: 'a Zstandard file', how: 'opaque' },
  xz: { what: 'an xz file', how: 'opaque' },
  bzip2: { what: 'a bzip2 file', how: 'opaque' },
  sevenzip: { what: 'a 7z file', how: 'opaque' },
  rar: { what: 'a RAR file', how: 'opaque' },
  cab: { what: 'a cabinet file', how: 'opaque' },
  ar: { what: 'an ar file, such as a Debian package', how: 'opaque' },
  iso: { what: 'a file system of a disc (ISO 9660)', how: 'opaque' },
  age: { what: 'an age file: encrypted for somebody', how: 'opaque' },
  pgp: { what: 'an OpenPGP message: encrypted for somebody', how: 'opaque' },
  luks: { what: 'an encrypted disk (LUKS)', how: 'opaque' },
  unknown: { what: 'something that is not known here', how: 'opaque' },
} as const;
export type ContentType = keyof typeof TYPES;
export const TYPE_NAMES = Object.keys(TYPES) as [ContentType, ...ContentType[]];

/** How much of the beginning `sniff` wants to see. */
export const HEAD_BYTES = 36 * 1024;

const MAGIC: readonly (readonly [type: ContentType, at: number, magic: string])[] = [
  ['zip', 0, 'PK\x03\x04'],
  ['zip', 0, 'PK\x05\x06'],
  ['gzip', 0, '\x1f\x8b'],
  ['tar', 257, 'ustar'],
  ['pdf', 0, '%PDF-'],
  ['postscript', 0, '%!PS'],
  ['postscript', 0, '\xc5\xd0\xd3\xc6'],
  ['rtf', 0, '{\\rt'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['jpeg', 0, '\xff\xd8\xff'],
  ['gif', 0, 'GIF87a'],
  ['gif', 0, 'GIF89a'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['webp', 8, 'WEBP'],
  ['parquet', 0, 'PAR1'],
  ['sqlite', 0, 'SQLite format 3\0'],
  ['hdf5', 0, '\x89HDF\r\n\x1a\n'],
  ['numpy', 0, '\x93NUMPY'],
  ['gguf', 0, 'GGUF'],
  ['elf', 0, '\x7fELF'],
  ['macho', 0, '\xcf\xfa\xed\xfe'],
  ['macho', 0, '\xce\xfa\xed\xfe'],
  ['java', 0, '\xca\xfe\xba\xbe'],
  ['wasm', 0, '\0asm'],
  ['ole', 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['zstd', 0, '\x28\xb5\x2f\xfd'],
  ['xz', 0, '\xfd7zXZ\0'],
  ['bzip2', 0, 'BZh'],
  ['sevenzip', 0, "7z\xbc\xaf'\x1c"],
  ['rar', 0, 'Rar!\x1a\x07'],
  ['cab', 0, 'MSCF\0\0\0\0'],
  ['ar', 0, '!<arch>\n'],
  ['iso', 32_769, 'CD001'],
  ['age', 0, 'age-encryption.org/v1\n'],
  ['age', 0, '-----BEGIN AGE ENCRYPTED FILE-----'],
  ['pgp', 0, '-----BEGIN PGP MESSAGE-----'],
  ['luks', 0, 'LUKS\xba\xbe'],
];

/** Beginnings that other programs look for further on: a PDF may begin anywhere in the first KiB. */
const LATE_MAGIC: readonly (readonly [type: ContentType, within: number, magic: string])[] = [
  ['pdf', 1_024, '%PDF-'],
  ['postscript', 1_024, '%!PS-Adobe'],
];

/** What the first bytes (`HEAD_BYTES` of them, or all) say it is; undefined: nothing that is known, and perhaps text. */
export function sniff(head: Buffer): ContentType | undefined {
  const text = head.toString('latin1');
  const known = MAGIC.find(([, at, magic]) => text.startsWith(magic, at));
  if (known) return known[0] === 'zip' && isOffice(text) ? 'office' : known[0];
  // Two letters are too few: the header of the newer part is where the older one says.
  if (text.startsWith('MZ') && head.length > 64 && text.startsWith('PE\0\0', head.readUInt32LE(60)))
    return 'pe';
  if (isPkcs12(head)) return 'pkcs12';
  return undefined;
}

/** Another type that a program might take it for; for content of type `type`. */
export function alsoLooksLike(head: Buffer, type: ContentType): ContentType | undefined {
  const text = head.toString('latin1');
  const starts = MAGIC.filter(([, at, magic]) => text.startsWith(magic, at)).map(([other]) => other);
  // Members of archives are looked at one by one, and may be what they like.
  const late = (TYPES[type].how === 'opened' ? [] : LATE_MAGIC)
    .filter(([, within, magic]) => {
      const at = text.indexOf(magic);
      return at >= 0 && at < within;
    })
    .map(([other]) => other);
  return [...starts, ...late].find((other) => other !== type && !(type === 'office' && other === 'zip'));
}

const isOffice = (text: string): boolean =>
  text.startsWith('[Content_Types].xml', 30) ||
  (text.startsWith('mimetype', 30) && text.startsWith('application/vnd.oasis.opendocument', 38));

/** A sequence that holds the version 3 and a content info (RFC 7292 §4). */
function isPkcs12(head: Buffer): boolean {
  if (head[0] !== 0x30) return false;
  const lengthBytes = head[1] === undefined || head[1] < 0x80 ? 0 : head[1] & 0x7f;
  return lengthBytes <= 4 && head.subarray(2 + lengthBytes, 5 + lengthBytes).equals(Buffer.from([2, 1, 3]));
}

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | '8-bit';

/** Where a text begins, and how to read it. */
export interface TextForm {
  readonly encoding: Encoding;
  /** Bytes of the mark that says so. */
  readonly mark: number;
}

/** How text is encoded, if it is text; by its mark, or by every other byte of its beginning being zero. */
export function textForm(head: Buffer): TextForm {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', mark: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', mark: 2 };
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', mark: 3 };
  const zeros = [0, 0];
  const looked = Math.min(head.length, 1_024) & ~1;
  for (let at = 0; at < looked; at++) if (head[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (looked >= 4 && odd * 4 > looked && even === 0) return { encoding: 'utf-16le', mark: 0 };
  if (looked >= 4 && even * 4 > looked && odd === 0) return { encoding: 'utf-16be', mark: 0 };
  return { encoding: 'utf-8', mark: 0 };
}

/** What texts have of the first 32: tab, line feed, vertical tab, form feed, carriage return; and backspace and escape, which terminals' logs have. */
const TEXT_CONTROLS: readonly number[] = [8, 9, 10, 11, 12, 13, 27];
const OTHER_CONTROLS = Array.from({ length: 32 }, (_, code) => code)
  .filter((code) => !TEXT_CONTROLS.includes(code))
  .concat(127)
  .map((code) => `\\x${code.toString(16).padStart(2, '0')}`);
const NO_TEXT = new RegExp(`[${OTHER_CONTROLS.join('')}]`);

/** Where the first character stands that no text has; -1: there is none. */
export const controlIn = (text: string): number => text.search(NO_TEXT);

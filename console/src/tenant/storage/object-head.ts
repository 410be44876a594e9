/** What the head of an object says, and why a version of it cannot be removed now. Pure. */
import type { Say } from '../../texts/texts.ts';
import type { LockMode, Tag } from './document.ts';
import { timeText } from './units.ts';

export interface ObjectHead {
  readonly size: number;
  readonly modified: string;
  readonly type: string;
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly encryption: string;
  readonly checksum: { readonly algorithm: string; readonly value: string } | undefined;
  readonly tagCount: number;
  /** The person's own names and values. */
  readonly metadata: readonly Tag[];
  /** What whoever fetches it is told beside: `Cache-Control` and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly lock: { readonly mode: LockMode; readonly until: string } | undefined;
  readonly isHeld: boolean;
}

const CHECKSUMS = ['sha256', 'sha1', 'crc64nvme', 'crc32c', 'crc32'] as const;
export const META = 'x-amz-meta-';
/** As the region tells them of an object; as S3 takes them. */
const TOLD = {
  'x-object-cache-control': 'Cache-Control',
  'x-object-content-disposition': 'Content-Disposition',
  'x-object-expires': 'Expires',
  'content-encoding': 'Content-Encoding',
  'content-language': 'Content-Language',
} as const;

export function objectHeadOf(headers: Headers): ObjectHead {
  const text = (name: string) => headers.get(name) ?? '';
  const mode = text('x-amz-object-lock-mode');
  const algorithm = CHECKSUMS.find((one) => headers.has(`x-amz-checksum-${one}`));
  return {
    size: Number(text('content-length')),
    modified: text('last-modified'),
    type: text('content-type'),
    etag: text('etag').replaceAll('"', ''),
    versionId: headers.get('x-amz-version-id') ?? undefined,
    encryption: text('x-amz-server-side-encryption'),
    checksum:
      algorithm === undefined
        ? undefined
        : { algorithm: algorithm.toUpperCase(), value: text(`x-amz-checksum-${algorithm}`) },
    tagCount: Number(headers.get('x-amz-tagging-count') ?? 0),
    metadata: [...headers.entries()]
      .filter(([name]) => name.startsWith(META))
      .map(([name, value]) => ({ key: name.slice(META.length), value })),
    headers: Object.fromEntries(
      Object.entries(TOLD).flatMap(([told, taken]) => {
        const value = headers.get(told);
        return value === null ? [] : [[taken, value]];
      }),
    ),
    lock:
      mode === 'GOVERNANCE' || mode === 'COMPLIANCE'
        ? { mode, until: text('x-amz-object-lock-retain-until-date') }
        : undefined,
    isHeld: text('x-amz-object-lock-legal-hold') === 'ON',
  };
}

/** What keeps a version from being deleted by whoever may delete objects. Undefined: nothing. */
export function whyLocked(
  { lock, isHeld }: Pick<ObjectHead, 'lock' | 'isHeld'>,
  mayPassOver: boolean,
  say: Say,
  language: string,
): string | undefined {
  if (isHeld) return say('storage.lock.why.held');
  if (lock === undefined || Date.parse(lock.until) <= Date.now()) return undefined;
  const until = timeText(lock.until, language);
  if (lock.mode === 'COMPLIANCE') return say('storage.lock.why.compliance', { until });
  return mayPassOver ? undefined : say('storage.lock.why.governance', { until });
}

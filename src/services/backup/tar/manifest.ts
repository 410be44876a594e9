/** The first entry of every tar: the object itself, so that it can be made again where nobody knows it. */
import type { KubeObject } from '#kernel/object.ts';
import { tarHeader, tarPadding } from '#kernel/tar-header.ts';
import { MANIFEST_ENTRY } from '../sources/source.ts';
import { contentOf, TarError, type TarMember } from './read.ts';

const MANIFEST_BYTES_MAX = 2 * 2 ** 20;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: unknown;
}

/** The whole entry. The same object gives the same bytes, whoever wrote its fields in which order. */
export function manifestEntry({ apiVersion, kind, metadata: { name, labels }, spec }: KubeObject): Buffer {
  const manifest: Manifest = {
    apiVersion,
    kind,
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec,
  };
  const bytes = Buffer.from(`${JSON.stringify(sorted(manifest), null, 1)}\n`);
  return Buffer.concat([
    tarHeader({ name: MANIFEST_ENTRY, size: bytes.length }),
    bytes,
    tarPadding(bytes.length),
  ]);
}

/** Throws TarError when it is another entry, or of another kind. */
export async function readManifest(member: TarMember | undefined, kind: string): Promise<Manifest> {
  if (member?.name !== MANIFEST_ENTRY) throw new TarError(`it does not begin with ${MANIFEST_ENTRY}`);
  const manifest = JSON.parse((await contentOf(member, MANIFEST_BYTES_MAX)).toString('utf8')) as Manifest;
  if (manifest.kind !== kind) throw new TarError(`it is a ${manifest.kind}, and no ${kind}`);
  return manifest;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** What people agreed to, as an order: read from the API by who carries it out, not taken from who asks for it. */
import { toBegin } from '#gap/release/begin.ts';
import type { Current, Entry } from '#gap/release/journal.ts';
import type { ReleaseObject } from '#gap/release/release-kind.ts';
import type { OperatorApi } from './api.ts';
import type { Order } from './drive.ts';

const GROUP = '/apis/gap.casemate.internal/v1';
const HTTP_OK = 200;

interface Trust {
  readonly status?: { readonly root?: string };
}

export interface Told {
  readonly entries: readonly Entry[];
  readonly current: Current | undefined;
}

/** Undefined when there is nothing of that Release that is agreed to and not begun. Throws where the API does not say. */
export async function agreedOrder(
  api: Pick<OperatorApi, 'get'>,
  name: string,
  { entries, current }: Told,
): Promise<Order | undefined> {
  const { body, code } = await api.get(`${GROUP}/releases/${name}`);
  if (code !== HTTP_OK) throw new Error(`the API says ${code} of release ${name}`);
  const release = JSON.parse(body.toString('utf8')) as ReleaseObject;
  const kind = toBegin(release, entries, current);
  if (kind === undefined) return undefined;
  const trust = await api.get(`${GROUP}/bundletrusts/region`);
  const { status } = trust.code === HTTP_OK ? (JSON.parse(trust.body.toString('utf8')) as Trust) : {};
  return orderOf(kind, release, current, status?.root);
}

/** Of a Release that says so. Throws where it does not. */
export function orderOf(
  kind: 'apply' | 'rollback',
  { metadata, spec, status }: Pick<ReleaseObject, 'metadata' | 'spec' | 'status'>,
  current: Current | undefined,
  root: string | undefined,
): Order {
  const agreed = { kind, object: metadata.name, by: status?.requestedBy ?? '', reason: 'people agreed' };
  if (kind === 'apply') {
    if (spec.apply === undefined) throw new Error(`release ${metadata.name}: nobody agreed to apply it`);
    const { version, apply: digest } = spec;
    return { ...agreed, version, digest, ...(root === undefined ? {} : { root }) };
  }
  const before = current?.before.find(({ digest }) => digest === spec.rollback);
  if (before === undefined) throw new Error(`release ${metadata.name}: nobody agreed on what to go back to`);
  return { ...agreed, version: before.version, digest: before.digest };
}

/** Releases as this console reads them. Pure. */
import type { Phase, ReleaseStatus } from '../../../../src/gap/release/release-kind.ts';
import type { ApiObject } from '../../api/live-list.ts';
import type { Import } from '../bundles/import.ts';

export type Release = ApiObject & {
  readonly spec: { readonly version: string; readonly apply?: string; readonly rollback?: string };
  readonly status?: ReleaseStatus;
};

export const phaseOf = ({ status }: Release): Phase => status?.phase ?? 'Planning';

/** Why what people agreed to did not begin by itself, as the region says it. */
export const notBegun = ({ status }: Release): string | undefined =>
  status?.conditions?.find(({ type, reason }) => type === 'Ready' && reason === 'NotBegun')?.message;

const ITEM = 'release/casemate/';

export interface Available {
  readonly version: string;
  /** The import that it came with. */
  readonly bundle: string;
}

/** Releases in what is published now, the newest bundle of each last. */
export function availableIn(imports: readonly Import[]): readonly Available[] {
  const found = new Map<string, Available>();
  for (const { metadata, status } of imports) {
    if (status?.phase !== 'Published') continue;
    for (const item of status.bundle?.items ?? []) {
      if (!item.startsWith(ITEM)) continue;
      const version = item.slice(ITEM.length);
      found.set(version, { version, bundle: metadata.name });
    }
  }
  return [...found.values()];
}

/** Of these nothing more comes: planning anew begins anew. */
export const OVER: readonly Phase[] = ['Blocked', 'Failed', 'RolledBack', 'Interrupted', 'Replaced'];

/** BundleImports as this console reads them, and small things it makes of them. Pure. */
import type { ImportStatus, Phase } from '../../../../src/gap/import/import-kind.ts';
import type { ApiObject } from '../../api/live-list.ts';

export type Import = ApiObject & {
  readonly spec: {
    readonly source?: string;
    readonly upload?: true;
    readonly publish?: string;
    readonly retire?: true;
  };
  readonly status?: ImportStatus;
};

export const phaseOf = ({ status }: Import): Phase => status?.phase ?? 'Receiving';

/** Whether bytes of it are still to come through the API. */
export const isUploading = (one: Import): boolean =>
  one.spec.upload === true && phaseOf(one) === 'Receiving' && one.status?.upload === undefined;

const NAME_MAX = 60;

/** `Town_12.bundle` is `town-12`. '' for what makes no name. */
export const nameOf = (file: string): string =>
  file
    .toLowerCase()
    .replace(/\.(bundle|tar)$/, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_MAX)
    .replaceAll(/^-+|-+$/g, '');

/** Somebody whose bundles are trusted, bundles that it builds on, or room on the disk. */
const WAITS = ['NoTrust', 'MissingBases', 'NoSpace'] as const;

export interface Wait {
  readonly reason: (typeof WAITS)[number];
  readonly message: string;
}

/** What it waits for before it goes on by itself; undefined: for nothing. */
export function waitsFor({ status }: Import): Wait | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const reason = WAITS.find((one) => one === ready?.reason);
  return ready === undefined || reason === undefined ? undefined : { reason, message: ready.message };
}

/**
 * What things are called in Incus, and the labels they carry. All are pure functions of uids, so that a step that is
 * repeated finds what it made, and a sweep can tell whose a thing is.
 */
import type { Config } from '#engines/incus/types.ts';
import type { RealmId } from '#kernel/realm-id.ts';

const UID_DIGITS = 12;

const digits = (uid: string): string => uid.replaceAll('-', '').slice(0, UID_DIGITS);

/** The Incus project of a Casemate project. */
export const engineProject = (projectUid: string): string => `cm-${digits(projectUid)}`;

/** Incus wants a letter first, and no tenant's name: it is on the host's process list. */
export const engineInstance = (instanceUid: string): string => `i-${digits(instanceUid)}`;

export const engineSnapshot = (snapshotUid: string): string => `s-${digits(snapshotUid)}`;

/** Also of the device that an instance has it as: short, since QEMU tells guests no more than twenty characters of a disk's name. */
export const engineVolume = (volumeUid: string): string => `v${digits(volumeUid)}`;

export const isEngineVolume = (name: string): boolean => /^v[0-9a-f]{12}$/.test(name);

export const LABELS = {
  region: 'user.casemate.region',
  realm: 'user.casemate.realm',
  project: 'user.casemate.project',
  uid: 'user.casemate.uid',
  name: 'user.casemate.name',
} as const;

export interface Owner {
  readonly region: string;
  readonly realm: RealmId;
  readonly project: string;
}

export const projectLabels = ({ region, realm, project }: Owner): Config => ({
  [LABELS.region]: region,
  [LABELS.realm]: realm,
  [LABELS.project]: project,
});

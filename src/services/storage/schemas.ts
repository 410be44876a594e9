/** What the storage kinds share beyond what all kinds do. */

export const STORAGE_GROUP = 'storage.casemate.internal';

export const VOLUME_TYPES = ['filesystem', 'block'] as const;
export type VolumeType = (typeof VOLUME_TYPES)[number];

/** What the compute kinds share beyond what all kinds do. */

export const COMPUTE_GROUP = 'compute.casemate.internal';

export const INSTANCE_TYPES = ['container', 'virtual-machine'] as const;
export type InstanceTypeName = (typeof INSTANCE_TYPES)[number];

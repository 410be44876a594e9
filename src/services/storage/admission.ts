/**
 * What a schema cannot say about volumes: sizes, what they begin as, and that one which an instance has is neither deleted nor put back. Pure; runs
 * in the lane, where what instances have is exactly known. What an instance may have is said beside Instance (`compute/volume-admission.ts`).
 */
import { conflict, invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { bytes, compareQuantities, type QuantityText } from '#kernel/quantity.ts';
import { instancesWith } from '#services/compute/volumes.ts';
import { Volume, type VolumeObject } from './volume.ts';

export const VOLUME_MIN: QuantityText = '16Mi';
export const VOLUME_MAX: QuantityText = '16Ti';

/** Instances that a message names. */
const NAMED_MAX = 5;

export function storageAdmission(request: AdmissionRequest): void {
  if (request.kind.resource !== Volume.resource) return;
  if (request.operation === 'delete') admitDeletion(request);
  else admitChange(request);
}

function admitChange(request: AdmissionRequest): void {
  const object = request.object as VolumeObject;
  const previous = request.previous as VolumeObject | undefined;
  const causes = [
    ...checkSize(object, previous),
    ...checkSource(object),
    ...checkShared(request, object, previous),
    ...checkRestore(request, object, previous),
  ];
  if (causes.length > 0) throw invalid(subjectOf(request), causes);
}

/** A project that is deleted tries again as its instances go. */
function admitDeletion(request: AdmissionRequest): void {
  const having = instancesWith(request.view, request.object, 'either');
  if (having.length === 0) return;
  throw conflict(
    subjectOf(request),
    `${belongs(having)}; take it out of spec.volumes there first, or delete the instance`,
  );
}

function checkSize({ spec }: VolumeObject, previous: VolumeObject | undefined): StatusCause[] {
  const field = 'spec.size';
  const { size } = spec;
  if (compareQuantities(size, VOLUME_MIN) < 0 || compareQuantities(size, VOLUME_MAX) > 0) {
    return [
      {
        reason: 'FieldValueInvalid',
        field,
        message: `is ${size}; it must be from ${VOLUME_MIN} to ${VOLUME_MAX}`,
      },
    ];
  }
  if (!previous || bytes(size) >= bytes(previous.spec.size)) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      field,
      message: `cannot shrink from ${previous.spec.size} to ${size}: what is on it could be lost; make a smaller volume and copy`,
    },
  ];
}

function checkSource({ spec: { source } }: VolumeObject): StatusCause[] {
  if (source === undefined || (source.snapshot === undefined) !== (source.volume === undefined)) return [];
  return [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.source',
      message: 'names one thing to begin as a copy of: snapshot or volume',
    },
  ];
}

function checkShared(
  { view }: AdmissionRequest,
  object: VolumeObject,
  previous: VolumeObject | undefined,
): StatusCause[] {
  const field = 'spec.shared';
  const { shared, type } = object.spec;
  if (shared === true && type === 'block') {
    return [
      {
        reason: 'FieldValueForbidden',
        field,
        message:
          'is not for type block: systems that know nothing of each other would destroy what is on the disk; use type filesystem',
      },
    ];
  }
  if (shared === true || previous?.spec.shared !== true) return [];
  const having = instancesWith(view, object, 'either');
  if (having.length <= 1) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      field,
      message: `cannot be taken away: it ${belongs(having)}; leave it to one of them first`,
    },
  ];
}

function checkRestore(
  { view }: AdmissionRequest,
  object: VolumeObject,
  previous: VolumeObject | undefined,
): StatusCause[] {
  const { restoreFrom } = object.spec;
  if (!previous || restoreFrom === undefined || restoreFrom === previous.spec.restoreFrom) return [];
  const having = instancesWith(view, object, 'either');
  if (having.length === 0) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'spec.restoreFrom',
      message: `cannot be followed while an instance has it: it ${belongs(having)}; take it out of spec.volumes there first`,
    },
  ];
}

function belongs(names: readonly string[]): string {
  const named = names.slice(0, NAMED_MAX).map((name) => `"${name}"`);
  const others = names.length - named.length;
  const list = named.join(', ') + (others > 0 ? `, and ${others} others` : '');
  return `belongs to instance${names.length > 1 ? 's' : ''} ${list}`;
}

const subjectOf = ({ kind, object }: AdmissionRequest) => ({
  group: kind.group,
  kind: kind.kind,
  name: object.metadata.name,
});

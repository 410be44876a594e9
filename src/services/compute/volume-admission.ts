/**
 * What a schema cannot say about an instance's volumes: paths that make sense, and one instance at a time. Only what is new is looked at, so that
 * nothing that became of a volume since keeps an instance from being changed. Pure; runs in the lane.
 */
import type { StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { Volume } from '#services/storage/volume.ts';
import type { InstanceObject, InstanceSpec } from './instance.ts';
import { instancesWith, mountProblem, type VolumeMount } from './volumes.ts';

/** Below these the system keeps what is its own. */
const SYSTEM = ['/proc', '/sys', '/dev', '/run'];
const PATH = /^(\/[A-Za-z0-9_@+.-]+)+$/;

const wrong = (field: string, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  field,
  message,
});

export function checkVolumes(request: AdmissionRequest): StatusCause[] {
  const { spec } = request.object as InstanceObject;
  const before = (request.previous?.spec as InstanceSpec | undefined)?.volumes ?? [];
  const mounts = spec.volumes ?? [];
  return mounts.flatMap((mount, index) => {
    const same = before.find(({ volume }) => volume === mount.volume);
    if (same && same.path === mount.path) return [];
    const field = `spec.volumes[${index}]`;
    return [...checkPath(mount, mounts, field), ...checkUse(request, mount, field)];
  });
}

function checkPath(mount: VolumeMount, mounts: readonly VolumeMount[], at: string): StatusCause[] {
  const { path } = mount;
  if (path === undefined) return [];
  const field = `${at}.path`;
  if (!PATH.test(path) || /\/\.\.?(\/|$)/.test(path)) {
    return [
      wrong(
        field,
        `"${path}" is no path that files can be at: it begins with "/", has names of letters, digits and ".", "_", "-", "+", "@" between, and no "." or ".." alone; such as /srv/data`,
      ),
    ];
  }
  const system = SYSTEM.find((one) => isWithin(path, one));
  if (system !== undefined) {
    return [wrong(field, `${path} is where the instance’s system keeps ${system}; choose another`)];
  }
  const other = mounts.find(
    (one) =>
      one !== mount && one.path !== undefined && (isWithin(path, one.path) || isWithin(one.path, path)),
  );
  if (other === undefined) return [];
  return [
    wrong(field, `${path} and ${other.path} of volume "${other.volume}" lie in each other; choose another`),
  ];
}

const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}/`);

function checkUse(request: AdmissionRequest, mount: VolumeMount, at: string): StatusCause[] {
  const { view } = request;
  const { metadata, spec } = request.object as InstanceObject;
  // One that is not there yet may come; the instance waits for it, and says so.
  const volume = view.get(Volume, { namespace: metadata.namespace ?? '', name: mount.volume });
  if (!volume) return [];
  const problem = mountProblem(spec.type, mount, volume.spec);
  if (problem) return [wrong(`${at}.${problem.field}`, problem.message)];
  if (volume.spec.shared === true) return [];
  const [holder] = instancesWith(view, volume, 'wanted', metadata.uid);
  if (holder === undefined) return [];
  return [
    wrong(
      `${at}.volume`,
      `"${mount.volume}" belongs to instance "${holder}", and one instance has it at a time; take it out of spec.volumes there first, or set spec.shared of the volume`,
    ),
  ];
}

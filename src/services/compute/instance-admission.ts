/**
 * What a schema cannot say about an instance: amounts that make sense, a disk that never shrinks, addresses that are nobody
 * else's. Pure; runs in the lane, so two instances never get one address.
 */
import { parseAddress } from '#engines/nftables/ipv4.ts';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { bytes, compareQuantities, millicores, type QuantityText } from '#kernel/quantity.ts';
import type { InstanceSpec, InstanceStatus } from './instance.ts';
import { checkVolumes } from './volume-admission.ts';

export const CPU_MAX = 512;
export const MEMORY_MIN: QuantityText = '128Mi';
export const DISK_MIN: QuantityText = '1Gi';
export const DISK_MAX: QuantityText = '16Ti';

const wrong = (field: string, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  field,
  message,
});

export function admitInstance(request: AdmissionRequest): void {
  if (request.operation === 'delete') return;
  const spec = request.object.spec as InstanceSpec;
  const causes = [
    ...checkName(request.object.metadata.name),
    ...checkSource(spec),
    ...checkAmounts(spec),
    ...checkDisk(spec, request.previous?.spec as InstanceSpec | undefined),
    ...checkNetworks(request, spec),
    ...checkVolumes(request),
  ];
  if (causes.length === 0) return;
  const { group, kind } = request.kind;
  throw invalid({ group, kind, name: request.object.metadata.name }, causes);
}

function checkName(name: string): StatusCause[] {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return [];
  return [
    wrong(
      'metadata.name',
      'is its host name: up to 63 lower-case letters, digits and "-", with no "-" at either end',
    ),
  ];
}

function checkSource(spec: InstanceSpec): StatusCause[] {
  if (spec.image !== undefined && spec.source !== undefined) {
    return [
      {
        reason: 'FieldValueForbidden',
        field: 'spec.source',
        message: 'cannot be given beside spec.image: an instance starts from one of them',
      },
    ];
  }
  if (spec.image !== undefined || spec.source !== undefined) return [];
  return [
    {
      reason: 'FieldValueRequired',
      field: 'spec.image',
      message: 'is missing: name an image (kubectl get images), or a snapshot in spec.source.snapshot',
    },
  ];
}

function checkAmounts({ cpu, memory }: InstanceSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  const thousandths = millicores(cpu);
  if (thousandths % 1000 !== 0 || thousandths < 1000 || thousandths > CPU_MAX * 1000) {
    causes.push(wrong('spec.cpu', `is ${cpu}; it must be a whole number from 1 to ${CPU_MAX}`));
  }
  if (compareQuantities(memory, MEMORY_MIN) < 0) {
    causes.push(wrong('spec.memory', `is ${memory}; it must be at least ${MEMORY_MIN}`));
  }
  return causes;
}

function checkDisk({ disk }: InstanceSpec, previous: InstanceSpec | undefined): StatusCause[] {
  if (compareQuantities(disk, DISK_MIN) < 0 || compareQuantities(disk, DISK_MAX) > 0) {
    return [wrong('spec.disk', `is ${disk}; it must be from ${DISK_MIN} to ${DISK_MAX}`)];
  }
  if (previous && bytes(disk) < bytes(previous.disk)) {
    return [
      {
        reason: 'FieldValueForbidden',
        field: 'spec.disk',
        message: `cannot shrink from ${previous.disk} to ${disk}: what is on it could be lost; make a smaller instance and copy`,
      },
    ];
  }
  return [];
}

function checkNetworks(request: AdmissionRequest, spec: InstanceSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  spec.networks.forEach(({ network, address }, index) => {
    const field = `spec.networks[${index}]`;
    if (address === undefined) return;
    if (parseAddress(address) === undefined) {
      causes.push(wrong(`${field}.address`, `"${address}" is not an IPv4 address such as 10.64.3.20`));
      return;
    }
    const holder = holderOf(request, network, address);
    if (holder !== undefined) {
      causes.push(
        wrong(
          `${field}.address`,
          `${address} is taken by instance "${holder}"; choose another or leave it out`,
        ),
      );
    }
  });
  return causes;
}

/** The other instance of the project that has the address or asks for it. */
function holderOf(
  { object, kind, view }: AdmissionRequest,
  network: string,
  address: string,
): string | undefined {
  for (const entry of view.entries(kind, object.metadata.namespace)) {
    if (entry.name === object.metadata.name) continue;
    const other = entry.object() as { spec?: InstanceSpec; status?: InstanceStatus };
    const claims = [...(other.spec?.networks ?? []), ...(other.status?.addresses ?? [])];
    if (claims.some((claim) => claim.network === network && claim.address === address)) return entry.name;
  }
  return undefined;
}

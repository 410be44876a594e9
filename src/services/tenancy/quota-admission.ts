/**
 * Enforces quotas. It runs in the lane on the very state that the change is committed on, so that fifty creates at once
 * against a quota of ten give ten objects.
 */
import { forbidden } from '#kernel/errors.ts';
import type { Admission, AdmissionRequest, Kind } from '#kernel/kind.ts';
import { addQuantities, formatQuantity, parseQuantity, ZERO } from '#kernel/quantity.ts';
import { realmType } from '#kernel/realm-id.ts';
import { admitQuotaNames, Quota } from './quota.ts';
import { addedUsage, projectUsage } from './quota-usage.ts';

/** `kinds`: every kind of an organization; read when first needed, since the services are put together after this. */
export function quotaAdmission(kinds: () => readonly Kind[]): Admission {
  return (request) => {
    if (realmType(request.realm) !== 'organization') return;
    admitQuotaNames(request, kinds());
    enforce(request, kinds);
  };
}

function enforce(request: AdmissionRequest, kinds: () => readonly Kind[]): void {
  const { operation, kind, object, previous, view } = request;
  const { namespace, name } = object.metadata;
  if (namespace === undefined || operation === 'delete') return;
  // Before asking for a quota: an object that could not be counted must not be stored, or a later quota could not count.
  const added = addedUsage(kind, object, previous);
  if (added.size === 0 || view.count(Quota, namespace) === 0) return;

  const quotas = view.list(Quota, namespace);
  const limited = new Set<string>();
  for (const quota of quotas) {
    for (const resource of Object.keys(quota.spec.hard)) if (added.has(resource)) limited.add(resource);
  }
  if (limited.size === 0) return;

  const used = projectUsage(view, namespace, kinds(), limited);
  const problems: string[] = [];
  for (const quota of quotas) {
    for (const [resource, limit] of Object.entries(quota.spec.hard)) {
      const more = added.get(resource);
      if (!more) continue;
      const now = used.get(resource) ?? ZERO;
      if (addQuantities(now, more).nano <= parseQuantity(limit).nano) continue;
      problems.push(
        `quota "${quota.metadata.name}" allows ${limit} ${resource}, ${formatQuantity(now)} are used, and this asks for ${formatQuantity(more)} more`,
      );
    }
  }
  if (problems.length === 0) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name },
    `exceeded quota: ${problems.join('; ')}. Delete what is not needed, or ask an administrator of the organization for more`,
  );
}

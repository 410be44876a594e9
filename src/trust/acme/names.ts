/**
 * The names of instances, `<instance>.<network>.<project>.<organization>.internal`, as far as certificates care. Pure. Which instances there
 * are is the network service's to know: it is given as `InstanceNames`.
 */
import type { RealmView } from '#kernel/realm.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import { zoneOf } from '../certificates/issuers.ts';

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME_LENGTH_MAX = 253;

export interface InstanceName {
  /** As it was asked for. */
  readonly name: string;
  /** `*` in a pattern: any one instance of the network. */
  readonly instance: string;
  readonly network: string;
  readonly project: string;
}

/** A door that the tenant opened to the instance's port 80: where the region knocks. */
export interface Door {
  readonly host: string;
  readonly port: number;
}

export interface InstanceNames {
  /** Undefined when there is no such instance on that network. `door` is absent where no Forward leads to its port 80. */
  find(view: RealmView, name: InstanceName): { readonly door?: Door } | undefined;
}

/** The parts of a name or pattern in the organization's zone; undefined for any other. */
export function parseInstanceName(realm: RealmId, name: string): InstanceName | undefined {
  const organization = organizationOf(realm);
  if (organization === undefined || name.length > NAME_LENGTH_MAX) return undefined;
  const zone = `.${zoneOf(organization)}`;
  if (!name.endsWith(zone)) return undefined;
  const [instance = '', network = '', project = '', ...more] = name.slice(0, -zone.length).split('.');
  if (more.length > 0 || !LABEL.test(network) || !LABEL.test(project)) return undefined;
  return instance === '*' || LABEL.test(instance) ? { name, instance, network, project } : undefined;
}

/** Whether one of the patterns stands for the name. `*` stands for one instance of a network, never for more. */
export function isPermitted(patterns: readonly string[], { name, instance }: InstanceName): boolean {
  return (
    instance !== '*' && (patterns.includes(name) || patterns.includes(`*${name.slice(instance.length)}`))
  );
}

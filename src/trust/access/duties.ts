/**
 * Separation of duties: roles that nobody may hold together, because one of them judges, or keeps in check, what the other does
 * (SecNumCloud 6.2.a; checked when something is granted, 9.3.f). Pure.
 */
import type { BindingSpec, Grant } from './grants.ts';
import type { RoleName } from './roles.ts';

export interface Incompatibility {
  readonly roles: readonly [RoleName, RoleName];
  readonly because: string;
}

const auditor = (role: RoleName, by: 'organization-auditor' | 'region-auditor'): Incompatibility => ({
  roles: [by, role],
  because: 'who audits does not do what is audited',
});

export const INCOMPATIBLE: readonly Incompatibility[] = [
  auditor('organization-admin', 'organization-auditor'),
  auditor('security-officer', 'organization-auditor'),
  auditor('key-custodian', 'organization-auditor'),
  auditor('project-editor', 'organization-auditor'),
  {
    roles: ['security-officer', 'organization-admin'],
    because: 'who gives rights does not review them',
  },
  {
    roles: ['security-officer', 'key-custodian'],
    because: 'who sets the rules does not hold the keys',
  },
  {
    roles: ['key-custodian', 'organization-admin'],
    because: 'who gives rights does not hold the keys',
  },
  auditor('region-operator', 'region-auditor'),
  auditor('region-security', 'region-auditor'),
  { roles: ['region-security', 'region-operator'], because: 'who gives rights does not review them' },
];

export interface Clash {
  readonly held: Grant;
  readonly wanted: string;
  readonly because: string;
}

/** The first role among `held` that does not go with `wanted`, wherever either is held. */
export function clash(held: readonly Grant[], wanted: Pick<BindingSpec, 'role'>): Clash | undefined {
  for (const { roles, because } of INCOMPATIBLE) {
    const [one, other] = roles;
    const against = wanted.role === one ? other : wanted.role === other ? one : undefined;
    const found = against && held.find(({ role }) => role === against);
    if (found) return { held: found, wanted: wanted.role, because };
  }
  return undefined;
}

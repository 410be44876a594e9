/**
 * Rules over identity providers, decided in the lane. Whoever runs one can be everybody who is linked to it and fill every group with
 * its prefix: so only an administrator makes or changes one, and no group that is made here has a name that it could claim.
 */

import { X509Certificate } from 'node:crypto';
import { isInternal } from '#kernel/access.ts';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import type { RealmView } from '#kernel/realm.ts';
import { realmType } from '#kernel/realm-id.ts';
import { ADMINISTRATOR, bindingsIn, requireHeld } from '../../access/guard.ts';
import { RoleBinding } from '../../access/role-binding.ts';
import { Group } from '../people/group.ts';
import {
  IdentityProvider,
  type IdentityProviderObject,
  type IdentityProviderSpec,
} from './identity-provider.ts';

type Cause = Pick<StatusCause, 'field' | 'message'>;

function typeCauses({ type, oidc, saml }: IdentityProviderSpec): readonly Cause[] {
  const parts = { oidc, saml };
  const other = type === 'oidc' ? 'saml' : 'oidc';
  return [
    ...(parts[type] === undefined
      ? [{ field: `spec.${type}`, message: `needed where type is ${type}` }]
      : []),
    ...(parts[other] === undefined ? [] : [{ field: `spec.${other}`, message: `not where type is ${type}` }]),
  ];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function certificateCauses({ oidc, saml }: IdentityProviderSpec): readonly Cause[] {
  const wrong = (field: string) => ({ field, message: 'must be a certificate in PEM' });
  return [
    ...(oidc?.ca !== undefined && !isCertificate(oidc.ca) ? [wrong('spec.oidc.ca')] : []),
    ...(saml?.certificates ?? []).flatMap((pem, index) =>
      isCertificate(pem) ? [] : [wrong(`spec.saml.certificates[${index}]`)],
    ),
  ];
}

function addressCauses({ oidc, saml }: IdentityProviderSpec): readonly Cause[] {
  const fields = { 'spec.oidc.issuer': oidc?.issuer, 'spec.saml.ssoUrl': saml?.ssoUrl };
  return Object.entries(fields).flatMap(([field, address]) => {
    if (address === undefined) return [];
    const isPlain =
      URL.canParse(address) && new URL(address).username === '' && new URL(address).password === '';
    return isPlain ? [] : [{ field, message: 'must be an https address without a user name in it' }];
  });
}

/** Prefixes of the other providers, and whose they are. */
function prefixesIn(view: RealmView, except?: string): readonly (readonly [string, string])[] {
  return view
    .list(IdentityProvider)
    .flatMap(({ metadata, spec }) =>
      metadata.name === except || spec.mapping.groupPrefix === undefined
        ? []
        : [[spec.mapping.groupPrefix, metadata.name] as const],
    );
}

function prefixCauses(view: RealmView, { metadata, spec }: IdentityProviderObject): readonly Cause[] {
  const { groups, groupPrefix } = spec.mapping;
  const field = 'spec.mapping.groupPrefix';
  if (groupPrefix === undefined) {
    return groups === undefined
      ? []
      : [{ field, message: 'needed where groups are taken, such as "ministry."' }];
  }
  const like = prefixesIn(view, metadata.name).find(
    ([other]) => other.startsWith(groupPrefix) || groupPrefix.startsWith(other),
  );
  const taken = [...view.entries(Group)].find(({ name }) => name.startsWith(groupPrefix));
  return [
    ...(like
      ? [
          {
            field,
            message: `too like the prefix "${like[0]}" of ${like[1]}: neither may begin with the other`,
          },
        ]
      : []),
    ...(taken ? [{ field, message: `the group "${taken.name}", which was made here, begins with it` }] : []),
  ];
}

function guardProvider(request: AdmissionRequest): void {
  if (request.operation === 'delete') return;
  const { kind, view } = request;
  const provider = request.object as IdentityProviderObject;
  const { spec } = provider;
  const causes = [
    ...typeCauses(spec),
    ...certificateCauses(spec),
    ...addressCauses(spec),
    ...prefixCauses(view, provider),
  ];
  refuse(request, causes);
  if (isInternal(request.actor)) return;
  const before = JSON.stringify((request.previous as IdentityProviderObject | undefined)?.spec);
  if (before === JSON.stringify(spec)) return;
  const role = ADMINISTRATOR[realmType(request.realm)];
  requireHeld(request, bindingsIn(view, RoleBinding), [{ role }], `an ${kind.kind}`);
}

function refuse({ kind, object }: AdmissionRequest, causes: readonly Cause[]): void {
  if (causes.length === 0) return;
  throw invalid(
    { group: kind.group, kind: kind.kind, name: object.metadata.name },
    causes.map((cause) => ({ reason: 'FieldValueInvalid', ...cause })),
  );
}

/** The rules of IdentityProvider, and that no Group has a name which one could claim. */
export function federationAdmission(request: AdmissionRequest): void {
  const { kind, operation, object, view } = request;
  if (kind.resource === IdentityProvider.resource) guardProvider(request);
  if (kind.resource !== Group.resource || operation !== 'create') return;
  const { name } = object.metadata;
  const claimed = prefixesIn(view).find(([prefix]) => name.startsWith(prefix));
  if (!claimed) return;
  const message = `names that begin with "${claimed[0]}" are groups of the identity provider ${claimed[1]}; choose another`;
  refuse(request, [{ field: 'metadata.name', message }]);
}

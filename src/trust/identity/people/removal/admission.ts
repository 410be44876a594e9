/**
 * Removal, as rules over changes, decided in the lane: whoever is disabled or removed changes nothing any more, even by a request that was
 * let in before, nor gets a certificate; only the controller lets a User that is being removed go; and nobody makes a User of whoever has a
 * certificate without holding what it opens, because the certificate goes with the User.
 */
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import { hasFinalizer } from '#kernel/reconcile/finalizers.ts';
import { grantsOf } from '../../../access/grants.ts';
import { bindingsIn, requireHeld } from '../../../access/guard.ts';
import { RoleBinding } from '../../../access/role-binding.ts';
import { ClientCertificate, type ClientCertificateObject } from '../../client-certificate.ts';
import { principalOf } from '../../guard.ts';
import { isLive } from '../directory.ts';
import { barOf } from '../standing.ts';
import { REMOVAL_FINALIZER, User } from '../user.ts';

const subjectOf = ({ kind, object }: AdmissionRequest) => ({
  group: kind.group,
  kind: kind.plural,
  name: object.metadata.name,
});

function requireHeldByCertificates(request: AdmissionRequest): void {
  const { view, realm, object } = request;
  const { name } = object.metadata;
  const bindings = bindingsIn(view, RoleBinding);
  for (const entry of view.entries(ClientCertificate)) {
    if (!isLive(entry)) continue;
    const { spec } = entry.object() as ClientCertificateObject;
    if (spec.user !== name) continue;
    const wanted = grantsOf(bindings, principalOf(spec), realmType(realm));
    requireHeld(request, bindings, wanted, `a User for who has ClientCertificate "${entry.name}"`);
  }
}

export function removalAdmission(request: AdmissionRequest): void {
  const { actor, view, kind, operation, object, previous } = request;
  if (isInternal(actor)) return;
  const bar = actor.realm === request.realm ? barOf(view, actor.name) : undefined;
  if (bar !== undefined) throw forbidden(subjectOf(request), bar);
  if (kind.resource === ClientCertificate.resource && operation === 'create') {
    // Or somebody could be kept out while others make what speaks for them, and be let in again.
    const theirs = barOf(view, principalOf(object.spec).user);
    if (theirs !== undefined) throw forbidden(subjectOf(request), theirs);
  }
  if (kind.resource !== User.resource) return;
  if (operation === 'create') requireHeldByCertificates(request);
  if (previous && hasFinalizer(previous, REMOVAL_FINALIZER) && !hasFinalizer(object, REMOVAL_FINALIZER)) {
    throw forbidden(
      subjectOf(request),
      `metadata.finalizers: ${REMOVAL_FINALIZER} stays; it goes by itself once everything that the person held was taken away`,
    );
  }
}

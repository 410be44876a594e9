/**
 * Removal, as rules over changes, decided in the lane: whoever is disabled or removed changes nothing any more, even by a request that was
 * let in before; nothing new comes to name somebody who is being removed; and only the controller lets their User go.
 */
import { conflict, forbidden } from '#kernel/errors.ts';
import type { AdmissionRequest } from '#kernel/kind.ts';
import { hasFinalizer } from '#kernel/reconcile/finalizers.ts';
import type { Subject } from '../../../access/grants.ts';
import { isInternal, requireHeldByCredentials } from '../../../access/guard.ts';

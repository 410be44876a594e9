/**
 * The leaf that records a change of an object, and the form in which its body is stored: sealed when its kind is secret, so that neither
 * storage nor a digest tells anything of it. What is said of persons stands beside the leaf, and the body begins with a salt, so that both can be
 * erased without anything in the leaf telling what they were.
 */
import type { Clock } from '../clock.ts';
import type { Sealer } from '../keys.ts';
import { saltedBody } from '../log/body.ts';
import { bodyDigest, leafTime } from '../log/leaf.ts';
import { encodePersonal, personalDigest } from '../log/personal.ts';
import type { Random } from '../random.ts';
import type { ChangeContext } from '../realm.ts';
import type { Change } from './change.ts';
import type { LeafToCommit } from './lane.ts';
import { sealContext } from './sealing.ts';

/**
 * How a leaf calls a change. `delete`: a request to delete was accepted (the object is gone unless finalizers hold it); `remove`: the
 * last finalizer went, and the object with it.
 */
export type LeafVerb = 'create' | 'update' | 'update-status' | 'delete' | 'remove';

export interface ObjectLeafOptions {
  readonly realmUid: string;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
}

/** `index`: of the leaf in the log, which is the object's new revision. */
export function objectLeaf(
  verb: LeafVerb,
  index: number,
  change: Change,
  context: ChangeContext,
  options: ObjectLeafOptions,
): LeafToCommit {
  const { kind, entry, previous } = change;
  const time_ms = options.clock.now();
  const body = kind.secret
    ? options.sealer.seal(entry.bytes, sealContext(options.realmUid, kind.resource, entry.uid))
    : saltedBody(entry.bytes, options.random.uuid());
  const { namespace, name, uid } = entry;
  const { actor } = context;
  // In canonical order, as the leaf is, so that neither need be sorted to be written.
  const personal = encodePersonal({
    actor: actor.name,
    credential: actor.credential,
    name,
    salt: options.random.uuid(),
  });
  return {
    time_ms,
    personal,
    leaf: {
      decision: 'allowed',
      digest: bodyDigest(body),
      index,
      ...(namespace === undefined ? {} : { namespace }),
      personal: personalDigest(personal),
      requestId: context.requestId,
      resource: kind.resource,
      time: leafTime(time_ms),
      type: 'change',
      uid,
      v: 2,
      verb,
      via: context.via,
    },
    effect: {
      change,
      stored: {
        type: change.type,
        resource: kind.resource,
        namespace,
        name,
        uid,
        previous: previous?.revision,
        body,
      },
    },
  };
}

/**
 * Makes a forward: claims its port in the region, finds where its target is now, and sees it in force.
 */
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { hasFinalizer, isDeleting, removeFinalizer } from '#kernel/reconcile/finalizers.ts';
import { claimPort, releasePort } from './claim.ts';
import { FORWARD_FINALIZER, Forward, type ForwardObject, type ForwardStatus } from './forward.ts';
import type { ProjectFilter } from './project-filter.ts';
import { type ProjectOptions, readProject, targetOf } from './project-state.ts';
import { type Changes, publish } from './publish.ts';

const LOOK_AGAIN_MS = 5_000;
const TAKEN_LOOK_AGAIN_MS = 60_000;

export interface ForwardControllerOptions extends ProjectOptions {
  readonly filter: ProjectFilter;
  /** The first is the default. */
  readonly forwardAddresses: readonly string[];
  readonly instanceKind: Kind;
}

export function forwardController(options: ForwardControllerOptions): Controller {
  return {
    name: 'forward',
    realms: ['organization'],
    kind: Forward,
    watches: [{ kind: options.instanceKind, keys: forwardsTo }],
    async reconcile(key, context) {
      const forward = context.realm.view.get(Forward, key);
      if (!forward) return undefined;
      if (isDeleting(forward)) return unmake(key, forward, options, context);
      return make(forward, options, context);
    },
  };
}

function forwardsTo(object: KubeObject, realm: Realm): ObjectKey[] {
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return [];
  return realm.view
    .list(Forward, namespace)
    .filter(({ spec }) => spec.target.instance === name)
    .map(({ metadata }) => ({ namespace, name: metadata.name }));
}

async function make(
  forward: ForwardObject,
  options: ForwardControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  const { metadata, spec } = forward;
  const say = (status: Changes<ForwardStatus>, reason: string, message: string) =>
    publish(context, Forward, forward, status, reason === 'Ready' ? 'True' : 'False', reason, message);

  // What was claimed stays, should the region's default change.
  const address = forward.status?.address ?? spec.listen.address ?? options.forwardAddresses[0];
  if (address === undefined) {
    await say({}, 'NoForwardAddress', 'this region has no address for forwards; ask its operator for one');
    return { retryAfter_ms: TAKEN_LOOK_AGAIN_MS };
  }
  const claim = await claimPort(context, metadata, spec.protocol, address, spec.listen.port);
  if ('refused' in claim) {
    await say({}, claim.reason, claim.refused);
    return { retryAfter_ms: TAKEN_LOOK_AGAIN_MS };
  }
  const project = metadata.namespace ?? '';
  const { instances } = readProject(context.realm.view, project, options);
  const attachment = targetOf(forward, instances);
  const listen = {
    address,
    port: spec.listen.port,
    target: attachment && `${attachment.address}:${spec.target.port}`,
  };
  if (forward.status?.address !== address) {
    await say(listen, 'Starting', 'it is being put in force');
  }
  const outcome = await options.filter.refresh(context, project);
  if ('absent' in outcome) {
    await say(listen, 'NoPacketFilter', `it cannot be put in force: ${outcome.absent}`);
    return { retryAfter_ms: TAKEN_LOOK_AGAIN_MS };
  }
  if ('failed' in outcome) {
    await say(
      listen,
      'FilterNotInForce',
      'the packet filter cannot be changed now; the region tries again by itself',
    );
    return { retryAfter_ms: LOOK_AGAIN_MS };
  }
  if (!attachment) {
    const { instance, network } = spec.target;
    const where = network === undefined ? 'a network' : `network ${network}`;
    await say(
      listen,
      'NoTarget',
      `there is no instance ${instance} with an address on ${where} in this project`,
    );
    return undefined;
  }
  await say(listen, 'Ready', `leads to ${instance(spec)} for ${spec.allowedSources.join(', ')}`);
  return undefined;
}

const instance = ({ target }: ForwardObject['spec']): string => `port ${target.port} of ${target.instance}`;

async function unmake(
  key: ObjectKey,
  forward: ForwardObject,
  { filter }: ForwardControllerOptions,
  context: ReconcileContext,
): Promise<RetryAfter | undefined> {
  if (!hasFinalizer(forward, FORWARD_FINALIZER)) return undefined;
  const { metadata, spec, status } = forward;
  // The port may be claimed by others only when the filter no longer leads it here.
  const outcome = await filter.refresh(context, metadata.namespace ?? '');
  if ('failed' in outcome) return { retryAfter_ms: LOOK_AGAIN_MS };
  if (status?.address !== undefined) {
    await releasePort(context, metadata.uid, spec.protocol, status.address, spec.listen.port);
  }
  await removeFinalizer(
    context.realm.resources,
    Forward,
    key,
    FORWARD_FINALIZER,
    context.change,
    metadata.uid,
  );
  return undefined;
}

/**
 * Runs the seal's probe inside the instances whose organization allows it by a label, one in each project at most, and has that on record in the organization's
 * own access log before it begins.
 */
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import {
  CONSENT_LABEL,
  INSIDE_COMMAND,
  INSIDE_TARGETS,
  type InsideProbe,
  readInside,
} from '#gap/seal/inside.ts';
import type { AccessLog } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { ReconcileContext } from '#kernel/controller.ts';
import type { Logger } from '#kernel/logger.ts';
import type { Realm } from '#kernel/realm.ts';
import { organizationRealm } from '#kernel/realm-id.ts';
import { Instance, type InstanceObject } from '#services/compute/instance.ts';
import { engineInstance, engineProject } from '#services/compute/names.ts';
import { AddressRange } from '#services/network/claims.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { whoseAddress } from './seal-flows.ts';

/** Organizations that are looked into, of those with networks, and instances that are probed. */
const ORGANIZATIONS_MAX = 64;
const INSTANCES_MAX = 16;
const OUTPUT_BYTES_MAX = 4_096;
/** All attempts run at once, and none takes longer than a second or two. */
const PROBE_MS_MAX = 10_000;
const OK = 200;

export interface InsideOptions {
  readonly incus: Incus;
  readonly accessLog: () => AccessLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Place {
  readonly realm: Realm['id'];
  readonly namespace: string;
  readonly name: string;
  readonly project: string;
  readonly instance: string;
  readonly address: string;
}

export function insideProber({ incus, accessLog, clock, logger }: InsideOptions) {
  async function probe(place: Place, context: ReconcileContext): Promise<InsideProbe> {
    const { realm, namespace, name, project, instance, address } = place;
    await accessLog().record(realm, {
      actor: context.change.actor.name,
      credential: context.change.actor.credential,
      verb: 'create',
      resource: `${Instance.resource}/exec`,
      namespace,
      name,
      decision: 'allowed',
      reason: `the label ${CONSENT_LABEL} allows the seal to be probed from inside`,
      code: OK,
      requestId: context.change.requestId,
    }).durable;
    let output = '';
    const keep = async (chunk: Buffer) => {
      if (output.length < OUTPUT_BYTES_MAX) output += chunk.toString('utf8');
    };
    const session = await incus.exec(project, instance, {
      command: INSIDE_COMMAND,
      environment: { LC_ALL: 'C', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      interactive: false,
      stdout: keep,
      stderr: async () => {},
    });
    session.end();
    const cancel = clock.after(PROBE_MS_MAX, () => session.kill());
    try {
      await session.done;
    } finally {
      cancel();
    }
    return { address, whose: whoseAddress(address, context), met: readInside(output) };
  }

  return async (context: ReconcileContext): Promise<readonly InsideProbe[]> => {
    const places = await placesIn(context, logger);
    return Promise.all(
      places.map(async (place) => {
        try {
          return await probe(place, context);
        } catch (error) {
          if (!isIncusError(error)) throw error;
          logger.warn({ realm: place.realm, error: error.message }, 'an instance could not be probed');
          const whose = whoseAddress(place.address, context);
          return { address: place.address, whose, met: INSIDE_TARGETS.map(() => 'Unable') };
        }
      }),
    );
  };
}

/** One instance of each project that allows it. */
async function placesIn({ realm: region, realms }: ReconcileContext, logger: Logger): Promise<Place[]> {
  const organizations = new Set(
    region.view.list(AddressRange).flatMap(({ spec }) => spec.owner?.organization ?? []),
  );
  const places: Place[] = [];
  for (const organization of [...organizations].toSorted().slice(0, ORGANIZATIONS_MAX)) {
    try {
      places.push(...(await realms.use(organizationRealm(organization), placesOf)));
    } catch (error) {
      // Gone, or closed for want of its keys: the seal is watched all the same.
      logger.warn({ organization, error: String(error) }, 'an organization could not be looked into');
    }
  }
  return places.slice(0, INSTANCES_MAX);
}

function placesOf(realm: Realm): Place[] {
  const found = new Map<string, Place>();
  for (const { metadata, status } of realm.view.list(Instance) as InstanceObject[]) {
    const { namespace = '', name, uid, labels } = metadata;
    const address = status?.addresses?.[0]?.address;
    if (labels?.[CONSENT_LABEL] !== 'true' || status?.phase !== 'Running' || address === undefined) continue;
    const project = realm.view.get(Namespace, { name: namespace })?.metadata.uid;
    if (project === undefined || found.has(namespace)) continue;
    const place = { project: engineProject(project), instance: engineInstance(uid), address };
    found.set(namespace, { realm: realm.id, namespace, name, ...place });
  }
  return [...found.values()];
}

/**
 * A region with projects and compute over a private incusd, its controllers running, for tests. Networks are real
 * bridges without a firewall; time is the test's own and moves while it waits.
 */

import { type TestImage, testImage } from '#engines/incus/test-image.ts';
import { startTestIncus, type TestIncus, testClock } from '#engines/incus/test-incus.ts';
import { systemActor } from '#kernel/access.ts';
import type { ConnectRequest, TerminalSize } from '#kernel/connect.ts';
import type { Kind, ObjectOf } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { StoreEventRecorder } from '#kernel/reconcile/event-recorder.ts';
import { garbageCollector } from '#kernel/reconcile/garbage-collector.ts';
import { type RunningControllers, startControllers } from '#kernel/reconcile/start-controllers.ts';
import type { Service } from '#kernel/service.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { gatewayOf } from '#services/network/addresses.ts';
import { bridgeName } from '#services/network/names.ts';
import { NETWORK_FINALIZER, Network } from '#services/network/network.ts';
import { Event } from '#services/tenancy/event.ts';
import { Namespace } from '#services/tenancy/namespace.ts';
import { namespaceController } from '#services/tenancy/namespace-controller.ts';
import { Image } from '../image.ts';
import { filesIn } from '../image-files.ts';
import { Instance, type InstanceObject } from '../instance.ts';
import { followInstances } from '../metrics/follow.ts';
import { type ComputeOptions, computeService } from '../service.ts';
import { InstanceSnapshot, type SnapshotObject } from '../snapshot.ts';

export const ACME = '/orgs/acme';
export const PROJECT = 'shop';
const REGION_ID = 'test';
const STEP_MS = 250;
const REAL_STEP_MS = 20;
const WAIT_LIMIT_MS = 20_000;

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ComputeWorld {
  readonly engine: TestIncus;
  readonly image: TestImage;
  readonly test: TestRealms;
  readonly service: Service;
  readonly controllers: RunningControllers;
  readonly acme: Realm;
  readonly region: Realm;
  context(): ChangeContext;
  create(kind: Kind, name: string, spec: object): Promise<void>;
  /** Merges into the spec; an undefined field is taken out. */
  change(kind: Kind, name: string, spec: object): Promise<void>;
  remove(kind: Kind, name: string): Promise<void>;
  instance(name: string): InstanceObject | undefined;
  snapshot(name: string): SnapshotObject | undefined;
  /** A network with a real bridge, as the network service would make it. */
  createNetwork(name: string, cidr: string): Promise<void>;
  /** Moves time on until `done`. */
  until(what: string, done: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits until the instance is ready for its present generation. */
  untilReady(name: string): Promise<InstanceObject>;
  run(name: string, ...command: string[]): Promise<Ran>;
  connectRequest(name: string, query: Readonly<Record<string, string | readonly string[]>>): ConnectRequest;
  /** Stops the controllers and starts new ones, as after a crash of the region. */
  restartControllers(): Promise<void>;
  close(): Promise<void>;
}

/** What a service beside compute is made with. */
export type ServiceParts = Pick<ComputeOptions, 'incus' | 'clock' | 'logger' | 'regionId'>;

/** `beside`: makes services beside compute, anew at each start. */
export async function openComputeWorld(
  beside: (parts: ServiceParts) => readonly Service[] = () => [],
  more: Pick<ComputeOptions, 'lastRestore'> = {},
): Promise<ComputeWorld> {
  const image = await testImage();
  const engine = await startTestIncus();
  const clock = new ManualClock(Date.UTC(2026, 10, 1));
  const said: string[] = [];
  const metrics = followInstances({ incus: engine.incus, clock, logger: silentLogger });
  const options = {
    incus: engine.incus,
    metrics,
    clock: testClock,
    logger: { ...silentLogger, warn: (fields: object) => void said.push(JSON.stringify(fields)) },
    regionId: REGION_ID,
    imageFile: filesIn(image.folder),
    ...more,
  };
  let service = computeService(options);
  let others = beside(options);
  const test = await openTestRealms({
    kinds: [Namespace, Event, Network, ...service.kinds, ...others.flatMap(({ kinds }) => kinds)],
    admissions: others.flatMap(({ admissions }) => admissions ?? []),
    create: [REGION, ACME],
    seed: process.pid, // uids name bridges of the host: two runs must not meet
    clock,
  });
  const start = () =>
    startControllers({
      realms: test.realms,
      controllers: [
        ...[service, ...others].flatMap(({ controllers }) => controllers ?? []),
        namespaceController(() => test.registry.servedIn('organization')),
      ],
      workers: [garbageCollector(() => test.registry.all())],
      events: new StoreEventRecorder({
        realms: test.realms,
        kind: Event,
        clock,
        random: test.random,
        logger: silentLogger,
      }),
      clock,
      random: test.random,
      logger: silentLogger,
    });
  let controllers = start();
  const acme = await test.realms.acquire(ACME);
  const region = await test.realms.acquire(REGION);
  const context = () => test.context(ACME);
  const key = (name: string) => ({ namespace: PROJECT, name });
  const bridges: string[] = [];

  const world: ComputeWorld = {
    engine,
    image,
    test,
    get service() {
      return service;
    },
    get controllers() {
      return controllers;
    },
    acme: acme.realm,
    region: region.realm,
    context,
    async create(kind, name, spec) {
      await acme.realm.resources.create(kind, PROJECT, { metadata: { name }, spec }, context());
    },
    async change(kind, name, spec) {
      await acme.realm.resources.modify(kind, key(name), context(), (current) => {
        const next: Record<string, unknown> = { ...(current.spec as object), ...spec };
        for (const [field, value] of Object.entries(next)) if (value === undefined) delete next[field];
        return { ...current, spec: next };
      });
    },
    async remove(kind, name) {
      await acme.realm.resources.delete(kind, key(name), context());
    },
    instance: (name) => acme.realm.view.get(Instance, key(name)),
    snapshot: (name) => acme.realm.view.get(InstanceSnapshot, key(name)),
    async createNetwork(name, cidr) {
      await world.create(Network, name, { cidr });
      const network = acme.realm.view.get(Network, key(name)) as ObjectOf<typeof Network>;
      const bridge = bridgeName(network.metadata.uid);
      const gateway = gatewayOf(cidr);
      await engine.incus.networks.create({
        name: bridge,
        config: {
          'ipv4.address': `${gateway}/${cidr.split('/')[1]}`,
          'ipv4.nat': 'false',
          'ipv4.firewall': 'false',
          'ipv6.address': 'none',
        },
      });
      bridges.push(bridge);
      await acme.realm.resources.modify(
        Network,
        key(name),
        context(),
        (current) => ({ ...current, status: { cidr, gateway, bridge } }),
        { subresource: 'status' },
      );
      // No network service runs here to take it off again.
      await acme.realm.resources.modify(Network, key(name), context(), (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          finalizers: (current.metadata.finalizers ?? []).filter((one) => one !== NETWORK_FINALIZER),
        },
      }));
    },
    async until(what, done) {
      const deadline = Date.now() + WAIT_LIMIT_MS;
      for (;;) {
        await controllers.idle();
        if (await done()) return;
        if (Date.now() > deadline) {
          const objects = acme.realm.view
            .list(Instance)
            .map(({ metadata, status }) => [metadata.name, status]);
          throw new Error(
            `not so after ${WAIT_LIMIT_MS} ms: ${what}\n${JSON.stringify(objects)}\n${JSON.stringify(controllers.status())}\n${said.join('\n')}`,
          );
        }
        await clock.advance(STEP_MS);
        await new Promise((resolve) => testClock.after(REAL_STEP_MS, () => resolve(undefined)));
      }
    },
    async untilReady(name) {
      await world.until(`instance ${name} is ready`, () => {
        const { metadata, status } = world.instance(name) ?? {};
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return ready?.status === 'True' && ready.observedGeneration === metadata?.generation;
      });
      return world.instance(name) as InstanceObject;
    },
    async run(name, ...command) {
      let stdout = '';
      let stderr = '';
      const connector = service.connectors?.[`${Instance.resource}/exec`];
      if (connector?.type !== 'terminal') throw new TypeError('exec is a terminal');
      const { exitCode } = await connector.open(world.connectRequest(name, { command }), {
        tty: false,
        stdin: undefined,
        sizes: noSizes(),
        stdout: async (chunk) => {
          stdout += Buffer.from(chunk).toString();
        },
        stderr: async (chunk) => {
          stderr += Buffer.from(chunk).toString();
        },
      });
      return { exitCode, stdout, stderr };
    },
    connectRequest(name, query) {
      const parameters = new URLSearchParams();
      for (const [parameter, value] of Object.entries(query)) {
        for (const one of [value].flat()) parameters.append(parameter, one);
      }
      return {
        realm: ACME,
        actor: systemActor(ACME, 'test'),
        object: world.instance(name) as KubeObject,
        query: parameters,
        signal: new AbortController().signal,
      };
    },
    async restartControllers() {
      await controllers.stop();
      service = computeService(options);
      others = beside(options);
      controllers = start();
    },
    async close() {
      await controllers.stop();
      metrics.stop();
      acme.release();
      region.release();
      await test.close();
      await engine.close();
    },
  };
  try {
    await acme.realm.resources.create(Namespace, undefined, { metadata: { name: PROJECT } }, context());
    await region.realm.resources.create(
      Image,
      undefined,
      {
        metadata: { name: 'debian-12' },
        spec: {
          type: 'container',
          architecture: 'amd64',
          source: { file: image.file, sha256: image.sha256 },
        },
      },
      test.context(REGION),
    );
    await controllers.idle();
    return world;
  } catch (error) {
    await world.close();
    throw error;
  }
}

async function* noSizes(): AsyncGenerator<TerminalSize> {
  // a command without a terminal has no size
}

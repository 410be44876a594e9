/**
 * A region with tenancy and trust on memory storage, its controllers running, and one service of its own (widgets, whose
 * engine is a set of names) to be a tenant's machines. For tests of any service that needs organizations and projects.
 */
import { webcrypto } from 'node:crypto';
import { Type } from 'typebox';
import type { Actor } from '#kernel/access.ts';
import type { Controller } from '#kernel/controller.ts';
import type { WrappedKeyStorage } from '#kernel/keys.ts';
import { defineKind, type Kind } from '#kernel/kind.ts';
import { silentLogger } from '#kernel/logger.ts';
import { quantitySchema } from '#kernel/quantity.ts';
import type { ChangeContext, Realm } from '#kernel/realm.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { StoreEventRecorder } from '#kernel/reconcile/event-recorder.ts';
import { hasFinalizer, isDeleting, removeFinalizer, withFinalizer } from '#kernel/reconcile/finalizers.ts';
import { garbageCollector } from '#kernel/reconcile/garbage-collector.ts';
import { type RunningControllers, startControllers } from '#kernel/reconcile/start-controllers.ts';
import type { Service } from '#kernel/service.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms, type TestRealmsOptions } from '#kernel/store/test-realms.ts';
import { accessAuthorizer } from '#trust/access/authorizer.ts';
import { accessService } from '#trust/access/service.ts';
import { approvalsService } from '#trust/approvals/service.ts';
import { sayAlone } from '#trust/approvals/sole-operator.ts';
import * as x509 from '#trust/certificates/x509.ts';
import { type Keyring, softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';
import { trustService } from '#trust/service.ts';
import { Event } from '../event.ts';
import { Namespace } from '../namespace.ts';
import { Organization } from '../organization.ts';
import { tenancyService } from '../service.ts';

const WIDGET_FINALIZER = 'test.casemate.internal/widget';

export const Widget = defineKind({
  group: 'test.casemate.internal',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Project',
  realms: ['organization'],
  description: 'Something that an engine holds.',
  spec: Type.Object({
    cpu: Type.Optional(quantitySchema('Virtual CPUs.')),
    memory: Type.Optional(quantitySchema('Memory.')),
  }),
  usage: (object) => {
    const { cpu, memory } = object.spec as {
      readonly cpu?: string | number;
      readonly memory?: string | number;
    };
    return {
      instances: 1,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
    };
  },
});

/** The widgets' engine: what it holds, and whether it answers. */
export class WidgetEngine {
  readonly held = new Set<string>();
  away = false;

  put(uid: string): void {
    if (this.away) throw new Error('the engine does not answer');
    this.held.add(uid);
  }

  remove(uid: string): void {
    if (this.away) throw new Error('the engine does not answer');
    this.held.delete(uid);
  }
}

function widgetController(engine: WidgetEngine): Controller {
  return {
    name: 'widget',
    realms: ['organization'],
    kind: Widget,
    async reconcile(key, { realm, change }) {
      const widget = realm.view.get(Widget, key);
      if (!widget) return undefined;
      const { uid } = widget.metadata;
      if (isDeleting(widget)) {
        engine.remove(uid);
        await removeFinalizer(realm.resources, Widget, key, WIDGET_FINALIZER, change, uid);
      } else if (!hasFinalizer(widget, WIDGET_FINALIZER)) {
        await realm.resources.modify(Widget, key, change, (current) =>
          withFinalizer(current, WIDGET_FINALIZER),
        );
      } else {
        engine.put(uid);
      }
      return undefined;
    },
  };
}

export interface TestRegion {
  readonly test: TestRealms;
  readonly controllers: RunningControllers;
  readonly engine: WidgetEngine;
  readonly keyring: Keyring;
  /** A change by somebody outside: `alice` of an organization, an operator of the region. */
  as(realm: RealmId, name: string): ChangeContext;
  inRealm<T>(realm: RealmId, work: (realm: Realm) => Promise<T> | T): Promise<T>;
  /** Creates an organization and waits until nothing is left to do. */
  createOrganization(name: string, request?: string): Promise<void>;
  /** Moves time on in small steps until `done`. */
  until(done: () => Promise<boolean> | boolean): Promise<void>;
  close(): Promise<void>;
}

const STEP_ms = 500;
const STEPS_MAX = 400;

export interface TestRegionOptions extends Partial<TestRealmsOptions> {
  /** Share it, the storage and the engine to start a region again on what an earlier one left. */
  readonly keyStorage?: WrappedKeyStorage;
  readonly engine?: WidgetEngine;
}

export async function openTestRegion(options: TestRegionOptions = {}): Promise<TestRegion> {
  const clock = options.clock ?? new ManualClock();
  const keyring = softwareKeyring({
    region: 'test',
    storage: options.keyStorage ?? memoryKeyStorage(),
    masterKey: symmetricKey(new Uint8Array(32).fill(7)),
    clock,
  });
  const engine = options.engine ?? new WidgetEngine();
  let kinds: readonly Kind[] = [];
  const services: readonly Service[] = [
    tenancyService({ kinds: () => kinds, keyring }),
    accessService({
      projectKind: Namespace,
      clock,
      registry: () => test.registry,
      realms: () => test.realms,
      authorizer: () => accessAuthorizer({ ...test, clock }),
    }),
    approvalsService({
      projectKind: Namespace,
      clock,
      registry: () => test.registry,
      realms: () => test.realms,
    }),
    trustService({ keyring }),
    { name: 'widgets', kinds: [Widget], controllers: [widgetController(engine)] },
  ];
  const test: TestRealms = await openTestRealms({
    kinds: services.flatMap((service) => service.kinds),
    admissions: services.flatMap((service) => service.admissions ?? []),
    create: [REGION],
    keyring,
    clock,
    ...options,
  });
  kinds = test.registry.servedIn('organization');
  const { realms, random } = test;
  await sayAlone({ realms, random, user: 'operator' });
  const controllers = startControllers({
    realms,
    controllers: services.flatMap((service) => service.controllers ?? []),
    workers: [garbageCollector(() => test.registry.all())],
    events: new StoreEventRecorder({ realms, kind: Event, clock, random, logger: silentLogger }),
    clock,
    random,
    logger: silentLogger,
  });
  await controllers.idle();
  let requests = 0;
  const region: TestRegion = {
    test,
    controllers,
    engine,
    keyring,
    as(realm, name) {
      const actor: Actor = { realm, name, groups: ['system:authenticated'], credential: 'certificate:01' };
      return { actor, via: 'api', requestId: `r${++requests}` };
    },
    inRealm: (realm, work) => realms.use(realm, work),
    async createOrganization(name, request) {
      const firstAdministrator = { user: 'alice', request: request ?? (await signingRequest()) };
      await realms.use(REGION, ({ resources }) =>
        resources.create(
          Organization,
          undefined,
          { metadata: { name }, spec: { displayName: name, firstAdministrator } },
          region.as(REGION, 'operator'),
        ),
      );
      await controllers.idle();
    },
    async until(done) {
      for (let steps = 0; steps < STEPS_MAX; steps++) {
        await controllers.idle();
        if (await done()) return;
        await clock.advance(STEP_ms);
      }
      throw new Error(`not so after ${(STEPS_MAX * STEP_ms) / 1000} s of the test's time`);
    },
    async close() {
      await controllers.stop();
      await test.close();
    },
  };
  return region;
}

/** A signing request of a new P-256 key, in PEM. */
export async function signingRequest(): Promise<string> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=whoever',
    keys,
    signingAlgorithm,
  });
  return request.toString('pem');
}

export const inOrganization = organizationRealm;

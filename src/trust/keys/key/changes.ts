/**
 * The actions that change a Key: rotation, states of versions, destruction and its undoing, export and import. Each is decided in the
 * realm's lane on the Key as it is then, and is a leaf in the name of who asked.
 */
import type { AccessLog } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { ActionRequest } from '#kernel/connect.ts';
import { badRequest, conflict, forbidden, notFound } from '#kernel/errors.ts';
import type { ChangeContext, ObjectKey, Realms } from '#kernel/realm.ts';
import { isDeleting } from '#kernel/reconcile/finalizers.ts';
import type { MadeVersion } from './backend.ts';
import {
  assertJustified,
  assertNotDeleting,
  assertPurpose,
  type Backends,
  backendOf,
  chosenVersion,
  fromBase64,
  openUnder,
  refOf,
  sealUnder,
} from './crypt.ts';
import { type Recipient, wrapTo } from './kem.ts';
import { Key, type KeyObject, type KeyStatus, type KeyVersion, VERSIONS_MAX } from './key.ts';
import {
  changeVersions,
  destructionTime,
  findVersion,
  isLive,
  nextNumber,
  scheduled,
  spared,
  versionsOf,
  withConditions,
  withVersion,
} from './lifecycle.ts';
import type { KeyAction } from './schemas.ts';
import type { Act } from './uses.ts';

/** Numbers that an import tries: one may be taken by a version whose making was interrupted. */
const IMPORT_TRIES = 8;
const MATERIAL_CONTEXT = Buffer.from('casemate key material v1');

export interface KeyChangesOptions {
  /** Neither to be called before the realms are open. */
  readonly realms: () => Pick<Realms, 'use'>;
  readonly accessLog: () => AccessLog;
  readonly backends: Backends;
  readonly clock: Clock;
}

const subjectOf = ({ metadata }: KeyObject) => ({ group: Key.group, kind: Key.kind, name: metadata.name });
const keyOf = ({ metadata: { namespace, name } }: KeyObject): ObjectKey => ({
  ...(namespace === undefined ? {} : { namespace }),
  name,
});

/** The status with a version that was just made; the same when somebody else took it in. Throws when there are too many. */
export function adopt(
  key: KeyObject,
  number: number,
  made: MadeVersion,
  origin: KeyVersion['origin'],
  clock: Clock,
): KeyStatus {
  const status = key.status ?? { versions: [] };
  if (findVersion(key, number)) return status;
  const gone = status.versions.find(({ destroyedAt }) => destroyedAt !== undefined);
  const full = status.versions.length >= VERSIONS_MAX;
  if (full && !gone) {
    throw conflict(subjectOf(key), `it has ${VERSIONS_MAX} versions; destroy some, or make another Key`);
  }
  const versions = full ? status.versions.filter((version) => version !== gone) : status.versions;
  const createdAt = rfc3339(clock.now());
  return withVersion(
    { ...status, versions },
    { version: number, state: 'Enabled', createdAt, origin, ...made },
  );
}

export function keyChanges({ realms, accessLog, backends, clock }: KeyChangesOptions) {
  const contextOf = ({ actor, requestId }: ActionRequest): ChangeContext => ({
    actor,
    via: 'api',
    requestId,
  });

  /** Changes the status in the lane, if it is still that very Key. */
  async function change(
    key: KeyObject,
    request: ActionRequest,
    next: (current: KeyObject) => KeyStatus,
  ): Promise<KeyObject> {
    return realms().use(request.realm, async ({ resources }) => {
      const { object } = await resources.modify(
        Key,
        keyOf(key),
        contextOf(request),
        (current) => {
          if (current.metadata.uid !== key.metadata.uid) throw notFound(subjectOf(key));
          const status = next(current);
          if (status === current.status) return current;
          return { ...current, status: withConditions({ ...current, status }, undefined, clock) };
        },
        { subresource: 'status' },
      );
      return object as KeyObject;
    });
  }

  /** The versions that a request is about: the one it names, or those that fit. Throws when there are none. */
  function meant(
    key: KeyObject,
    named: unknown,
    fits: (version: KeyVersion) => boolean,
    what: string,
  ): number[] {
    const found = versionsOf(key).filter(
      (version) => fits(version) && (typeof named !== 'number' || version.version === named),
    );
    if (found.length > 0) return found.map(({ version }) => version);
    throw conflict(
      subjectOf(key),
      `${typeof named === 'number' ? `version ${named}` : 'no version'} ${what}`,
    );
  }

  /** Another Key of the project, whose use is on record as its own. */
  async function other(key: KeyObject, name: string, request: ActionRequest, action: KeyAction) {
    const { namespace } = key.metadata;
    const found = await realms().use(request.realm, ({ view }) =>
      view.get(Key, { ...(namespace === undefined ? {} : { namespace }), name }),
    );
    if (!found) throw notFound({ group: Key.group, kind: Key.kind, name });
    assertPurpose(found, 'wrap');
    assertJustified(found, request.body.reason);
    const { actor, requestId } = request;
    const reason = request.body.reason;
    await accessLog().record(request.realm, {
      actor: actor.name,
      credential: actor.credential,
      verb: 'create',
      resource: `${Key.resource}/${action}`,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      decision: 'allowed',
      ...(typeof reason === 'string' ? { details: { reason } } : {}),
      code: 200,
      requestId,
    }).durable;
    return found;
  }

  const listed = (key: KeyObject, numbers?: readonly number[]) => ({
    versions: numbers ?? versionsOf(key).map(({ version }) => version),
  });

  return {
    async rotate(key, request) {
      assertNotDeleting(key);
      const number = nextNumber(key);
      const made = await backendOf(key, backends).make(refOf(request.realm, key, number));
      const after = await change(key, request, (current) => {
        assertNotDeleting(current);
        return adopt(current, number, made, 'generated', clock);
      });
      return listed(after);
    },
    async disable(key, request) {
      let numbers: number[] = [];
      await change(key, request, (current) => {
        numbers = meant(
          current,
          request.body.version ?? current.status?.primary,
          ({ state }) => state === 'Enabled',
          'is enabled',
        );
        return changeVersions(statusOf(current), numbers, (version) => ({ ...version, state: 'Disabled' }));
      });
      return { versions: numbers };
    },
    async enable(key, request) {
      let numbers: number[] = [];
      await change(key, request, (current) => {
        assertNotDeleting(current);
        numbers = meant(
          current,
          request.body.version ?? current.status?.primary,
          ({ state }) => state === 'Disabled',
          'is disabled',
        );
        return changeVersions(statusOf(current), numbers, (version) => ({ ...version, state: 'Enabled' }));
      });
      return { versions: numbers };
    },
    async 'schedule-destroy'(key, request) {
      let numbers: number[] = [];
      const destroyAt = destructionTime(key, clock.now());
      await change(key, request, (current) => {
        numbers = meant(current, request.body.version, isLive, 'is there to destroy');
        return changeVersions(statusOf(current), numbers, scheduled(destroyAt));
      });
      return { versions: numbers, destroyAt };
    },
    async 'cancel-destroy'(key, request) {
      const isGoing = ({ state }: KeyVersion) => state === 'DestroyScheduled';
      // First the object, so that its controller does not schedule them again.
      if (isDeleting(key)) {
        await realms().use(request.realm, ({ resources }) =>
          resources.undelete(Key, keyOf(key), contextOf(request), { uid: key.metadata.uid }),
        );
      }
      let numbers: number[] = [];
      await change(key, request, (current) => {
        numbers = meant(current, request.body.version, isGoing, 'is about to be destroyed');
        return changeVersions(statusOf(current), numbers, spared);
      });
      return { versions: numbers };
    },
    async export(key, request) {
      const { body, realm } = request;
      assertJustified(key, body.reason);
      if (!key.spec.exportable) throw forbidden(subjectOf(key), 'spec.exportable is false');
      if ((body.under === undefined) === (body.recipient === undefined)) {
        throw badRequest('under, recipient: give one of them');
      }
      const { version } = chosenVersion(key, body.version);
      const wrapping =
        typeof body.under === 'string' ? await other(key, body.under, request, 'wrap') : undefined;
      const material = await backends.software.read(refOf(realm, key, version));
      try {
        const wrapped = wrapping
          ? (await sealUnder(backends, realm, wrapping, 'export', material, MATERIAL_CONTEXT)).envelope
          : wrapTo(body.recipient as Recipient, 'export', material, MATERIAL_CONTEXT);
        if (!wrapped) throw badRequest('recipient.publicKey: must be PEM of an ML-KEM key');
        return { wrapped: wrapped.toString('base64'), keyVersion: version };
      } finally {
        material.fill(0);
      }
    },
    async import(key, request) {
      const { body, realm } = request;
      assertNotDeleting(key);
      if (key.spec.protection === 'hsm') throw forbidden(subjectOf(key), 'an HSM makes its keys itself');
      const wrapping = await other(key, String(body.under), request, 'unwrap');
      const wrapped = fromBase64('wrapped', body.wrapped);
      for (let offset = 0; offset < IMPORT_TRIES; offset++) {
        const { plaintext } = await openUnder(backends, realm, wrapping, 'export', wrapped, MATERIAL_CONTEXT);
        const number = nextNumber(key) + offset;
        const made = await backends.software.take(refOf(realm, key, number), plaintext);
        if (made === 'unfit') throw badRequest(`wrapped: holds no material of ${key.spec.algorithm}`);
        if (made === 'taken') continue;
        return listed(
          await change(key, request, (current) => {
            assertNotDeleting(current);
            return adopt(current, number, made, 'imported', clock);
          }),
        );
      }
      throw conflict(subjectOf(key), 'other versions are being made at the same time; try again');
    },
  } satisfies Partial<Record<KeyAction, Act>>;
}

const statusOf = ({ status }: KeyObject): KeyStatus => status ?? { versions: [] };

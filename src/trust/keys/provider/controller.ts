/** Moves an organization's root to its own HSM and back, as its KeyProvider says, and tells whether the HSM answers. */
import type { ActionConnector } from '#kernel/connect.ts';
import type { Controller } from '#kernel/controller.ts';
import { conflict, isStatusError } from '#kernel/errors.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import type { Keyring } from '../keyring.ts';
import type { RootKeys } from '../roots.ts';
import { KeyProvider, type KeyProviderObject } from './key-provider.ts';
import { keepPin, type OwnedHsm } from './owned.ts';

/** It is asked so often whether it still answers. */
const LOOK_AGAIN_MS = 60_000;
const RETRY_MS = 5_000;

export interface ProvidersOptions {
  readonly keyring: Pick<Keyring, 'rootOf' | 'moveRoot' | 'material'>;
  /** By name: what the operator connected. */
  readonly owned: ReadonlyMap<string, OwnedHsm>;
  /** Where roots go that leave an HSM. */
  readonly software: RootKeys;
}

const ownOf = (owned: ProvidersOptions['owned'], realm: RealmId, hsm: string): OwnedHsm | undefined => {
  const found = owned.get(hsm);
  return found?.organization === organizationOf(realm) ? found : undefined;
};

const notConnected = (hsm: string) =>
  `no HSM "${hsm}" is connected for this organization: its operator names it in region.yaml (keys.hsms)`;

export function keyProviderController({ keyring, owned, software }: ProvidersOptions): Controller {
  return {
    name: 'key-providers',
    realms: ['organization'],
    kind: KeyProvider,
    async reconcile(key, { realm, clock, change }) {
      const object = realm.view.get(KeyProvider, key);
      if (!object) return undefined;
      const { spec, metadata } = object;
      const own = ownOf(owned, realm.id, spec.hsm);
      let outcome: { readonly ready: boolean; readonly reason: string; readonly message: string };
      let fields: Partial<NonNullable<KeyProviderObject['status']>> = {};
      if (!own) {
        outcome = { ready: false, reason: 'NotConnected', message: notConnected(spec.hsm) };
      } else {
        try {
          const { description } = await own.roots.facts();
          const holds = (await keyring.rootOf(realm.id)).name === own.roots.name;
          if (spec.root !== holds) await keyring.moveRoot(realm.id, spec.root ? own.roots : software);
          fields = { provider: description, holdsRoot: spec.root };
          const message = spec.root
            ? 'the organization’s root is in it: without it nothing of the organization opens'
            : 'it answers, and holds nothing of the organization; set spec.root to hang everything from it';
          outcome = { ready: true, reason: 'Answers', message };
        } catch (error) {
          if (!isStatusError(error, 'ServiceUnavailable')) throw error;
          outcome = { ready: false, reason: 'Silent', message: error.message };
        }
      }
      const { ready, reason, message } = outcome;
      await realm.resources.modify(
        KeyProvider,
        key,
        change,
        (current) => {
          if (current.metadata.uid !== metadata.uid) return current;
          const { generation } = metadata;
          const condition = readyCondition(ready ? 'True' : 'False', reason, message, generation);
          const conditions = [...setCondition(current.status?.conditions, condition, clock)];
          const status = { ...current.status, ...fields, observedGeneration: generation, conditions };
          return { ...current, status };
        },
        { subresource: 'status' },
      );
      return { retryAfter_ms: ready ? LOOK_AGAIN_MS : RETRY_MS };
    },
  };
}

/** `keyproviders/open`. */
export function openProviderAction({ keyring, owned }: ProvidersOptions): ActionConnector {
  return {
    type: 'action',
    async call({ realm, object, body }) {
      const { spec, metadata } = object as KeyProviderObject;
      const own = ownOf(owned, realm, spec.hsm);
      const subject = { group: KeyProvider.group, kind: KeyProvider.kind, name: metadata.name };
      if (!own) throw conflict(subject, notConnected(spec.hsm));
      if (!own.login)
        throw conflict(subject, 'its operator keeps the PIN, in the file that region.yaml names');
      const pin = String(body.pin);
      const { token, model } = await own.login(pin);
      await keepPin(keyring.material, spec.hsm, pin);
      return { token, model };
    },
  };
}

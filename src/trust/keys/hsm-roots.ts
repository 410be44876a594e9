/**
 * Root keys in an HSM: an AES key for each realm that is made there and cannot be extracted, so that a realm's keys open only with the HSM
 * at hand. What it wrapped names its root, so that a realm made anew under an old name has another one.
 */
import { randomUUID } from 'node:crypto';
import type { Hsm } from '#kernel/hsm.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import type { RootKeys } from './roots.ts';
import { SealError } from './wrapping.ts';

const UUID_BYTES = 36;

export interface HsmRootsOptions {
  readonly hsm: Hsm;
  /** The region's id, which tells regions that share an HSM apart. */
  readonly regionId: string;
  /** Whose: words for `status`. */
  readonly description: string;
  readonly lease_ms?: number;
}

export function hsmRoots({ hsm, regionId, description, lease_ms }: HsmRootsOptions): RootKeys {
  const group = (realm: RealmId) => `${regionId}/${organizationOf(realm) ?? ''}`.slice(0, 64);
  const label = (id: string) => `casemate root ${id}`;
  const context = (realm: RealmId) => Buffer.from(`realm key\0${regionId}\0${realm}`);
  return {
    name: hsm.name,
    ...(lease_ms === undefined ? {} : { lease_ms }),
    async facts() {
      const { manufacturer, model, library, token, firmware } = await hsm.info();
      const what = `${manufacturer} ${model}, firmware ${firmware}, token "${token}", by ${library}`;
      return { provider: hsm.name, type: 'pkcs11', description: `${description}: ${what}` };
    },
    async wrap(realm, material) {
      const id = randomUUID();
      await hsm.make({ label: label(id), group: group(realm) }, 'AES-256-GCM');
      const sealed = await hsm.seal(label(id), material, context(realm));
      if (!sealed) throw new Error(`the HSM "${hsm.name}" lost a key as soon as it had made it`);
      return Buffer.concat([Buffer.from(id, 'ascii'), sealed]);
    },
    async unwrap(realm, wrapped) {
      const bytes = Buffer.from(wrapped);
      const id = bytes.toString('ascii', 0, UUID_BYTES);
      const opened = await hsm.open(label(id), bytes.subarray(UUID_BYTES), context(realm));
      if (opened) return opened;
      throw new SealError(
        `the root key of ${realm} in the HSM "${hsm.name}" is gone, or what it wrapped was changed`,
      );
    },
    destroy: (realm) => hsm.destroyGroup(group(realm)),
  };
}

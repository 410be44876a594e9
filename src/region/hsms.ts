/** The HSMs of region.yaml as the key service uses them: where roots come from, what holds Keys, and which are an organization's own. */
import { type HsmClient, hsmClient } from '#engines/pkcs11/client.ts';
import type { Clock } from '#kernel/clock.ts';
import { organizationOf, REGION, type RealmId } from '#kernel/realm-id.ts';
import { hsmRoots } from '#trust/keys/hsm-roots.ts';
import type { KeyBackend } from '#trust/keys/key/backend.ts';
import { hsmBackend } from '#trust/keys/key/hsm.ts';
import type { OwnedHsm } from '#trust/keys/provider/owned.ts';
import { type RootDirectory, type RootKeys, softwareRoots } from '#trust/keys/roots.ts';
import type { SymmetricKey } from '#trust/keys/wrapping.ts';
import type { RegionConfig } from './config/schema.ts';
import { hsmSocket, type Layout } from './layout.ts';

/** How long an organization's data may still be used after its own HSM was switched off. */
export const OWN_ROOT_LEASE_MS = 5_000;

export interface RegionHsms {
  readonly roots: RootDirectory;
  /** What holds Keys whose protection is hsm; undefined where the region has none. */
  readonly backend: KeyBackend | undefined;
  readonly providers: readonly RootKeys[];
  /** By name. */
  readonly owned: ReadonlyMap<string, OwnedHsm>;
  readonly software: RootKeys;
  close(): void;
}

export interface RegionHsmsOptions {
  readonly layout: Layout;
  readonly config: RegionConfig;
  readonly masterKey: SymmetricKey;
  readonly clock: Clock;
  /** The PIN that an organization gave its HSM before. */
  readonly keptPin: (hsm: string) => Promise<string | undefined>;
}

export function openHsms({ layout, config, masterKey, clock, keptPin }: RegionHsmsOptions): RegionHsms {
  const software = softwareRoots(masterKey);
  const clients: HsmClient[] = [];
  const shared = new Map<string, RootKeys>();
  const owned = new Map<string, OwnedHsm>();
  let backend: KeyBackend | undefined;
  for (const { name, organization, pinFile } of config.keys.hsms) {
    const options = pinFile === undefined ? { keptPin: () => keptPin(name) } : {};
    const client = hsmClient(name, hsmSocket(layout, name), clock, options);
    clients.push(client);
    const common = { hsm: client, regionId: config.id };
    if (organization === undefined) {
      shared.set(name, hsmRoots({ ...common, description: 'the region’s HSM' }));
      backend ??= hsmBackend(client);
    } else {
      const description = 'the organization’s own HSM';
      const roots = hsmRoots({ ...common, description, lease_ms: OWN_ROOT_LEASE_MS });
      owned.set(name, { organization, roots, login: pinFile === undefined ? client.login : undefined });
    }
  }
  const named = (name: string, realm: RealmId): RootKeys | undefined => {
    if (name === software.name) return software;
    const own = owned.get(name);
    return own?.organization === organizationOf(realm) ? own?.roots : shared.get(name);
  };
  return {
    software,
    backend,
    owned,
    providers: [...shared.values(), ...Array.from(owned.values(), ({ roots }) => roots)],
    roots: {
      // The region's own realm is what the seal of its master key protects.
      forNew: (realm) => (realm === REGION ? software : (shared.get(config.keys.roots) ?? software)),
      named,
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

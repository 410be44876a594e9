/**
 * A pool of its own for each organization, under a key of its own, on a host that can encrypt (`engines/fscrypt`): made with the organization's first volume, open while
 * the region runs, gone with the organization. The key hangs, like all of an organization's, from its root.
 */
import { randomBytes } from 'node:crypto';
import type { VaultClient } from '#engines/fscrypt/client.ts';
import { KEY_BYTES, type OpenPool, VaultError } from '#engines/fscrypt/protocol.ts';
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { LABELS } from '#services/compute/names.ts';
import { Obstacle } from '#services/compute/obstacle.ts';
import type { MaterialStore } from '#trust/keys/keyring.ts';

/** Name of the key of an organization's volumes, in the keyring. */
const KEY = 'volumes';
const RETRY_MS = 5_000;

export interface EncryptionOptions {
  readonly vaults: VaultClient;
  readonly material: Pick<MaterialStore, 'add' | 'get'>;
  /** How large the pool of an organization may grow. */
  readonly poolSize_bytes: number;
}

interface Engine {
  readonly incus: Incus;
  readonly logger: Logger;
  readonly regionId: string;
}

/** Incus' name of the pool: of the key, not of whose it is. */
const poolName = (vaultId: string): string => `encrypted-${vaultId.slice(0, 16)}`;

export const isEncryptedPool = (pool: string): boolean => /^encrypted-[0-9a-f]{16}$/.test(pool);

export class EncryptedPools {
  /** Why there are none; undefined: there are. */
  readonly absent: string | undefined;
  readonly #options: EncryptionOptions | undefined;
  readonly #engine: Engine;
  /** Of each organization, the work on its pool that goes on now. */
  readonly #working = new Map<RealmId, Promise<string>>();

  constructor(options: EncryptionOptions | undefined, engine: Engine) {
    this.absent = options === undefined ? 'nothing encrypts volumes here' : options.vaults.absent;
    this.#options = options;
    this.#engine = engine;
  }

  /** The name of the organization's pool, open; made where it has none. Throws Obstacle, and what the keyring throws. */
  open(realm: RealmId): Promise<string> {
    const known = this.#working.get(realm);
    if (known) return known;
    const work = this.#open(realm).finally(() => this.#working.delete(realm));
    this.#working.set(realm, work);
    return work;
  }

  async #open(realm: RealmId): Promise<string> {
    const { incus, regionId } = this.#engine;
    const { id, path } = await this.#openVault(realm);
    const name = poolName(id);
    if ((await incus.pools.list()).some((pool) => pool.name === name)) return name;
    const labels = { [LABELS.region]: regionId, [LABELS.realm]: realm };
    try {
      await incus.pools.create(name, 'btrfs', { source: path, ...labels });
    } catch (error) {
      if (!isIncusError(error, 'AlreadyExists')) throw error;
    }
    return name;
  }

  async #openVault(realm: RealmId): Promise<OpenPool> {
    const options = this.#options;
    if (options === undefined) throw new TypeError('nothing encrypts volumes here');
    const { vaults, material, poolSize_bytes } = options;
    const key = await ensureKey(material, realm).catch((error: unknown) => {
      if (!isStatusError(error, 'ServiceUnavailable')) throw error;
      throw new Obstacle(
        'KeyUnavailable',
        `volumes of this organization are encrypted, and its key is not to be had now: ${error.message}`,
        { retryAfter_ms: RETRY_MS },
      );
    });
    try {
      return await vaults.open({ realm, key, size_bytes: poolSize_bytes });
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      throw new Obstacle(
        'EncryptionUnavailable',
        'where the volumes of this organization lie encrypted cannot be opened now; it is tried again, and the region’s operator finds why in the region’s log',
        { detail: error.message, retryAfter_ms: RETRY_MS },
      );
    } finally {
      key.fill(0);
    }
  }
}

/**
 * The last of an organization that goes: its pools with all that is left in them, and where they lay. The vault goes before Incus' pool does: what was deleted while it was locked is
 * still in it, and Incus would stumble over that. Repeated, it changes nothing.
 */
export async function removeEncryptedPools(
  { vaults }: Pick<EncryptionOptions, 'vaults'>,
  { incus, logger, regionId }: Engine,
  realm: RealmId,
): Promise<void> {
  const own = vaults.list().filter((vault) => vault.realm === realm);
  const pools = await poolsOf(incus, regionId, realm);
  for (const pool of pools) {
    for (const { project, name } of await incus.volumes.list(pool)) {
      const message = 'removing a volume that no object accounts for, with its organization';
      logger.warn({ project, name, realm }, message);
      await incus.volumes.delete(project, pool, name);
    }
  }
  for (const { id } of own) await vaults.remove(id);
  for (const pool of pools) await incus.pools.delete(pool);
}

async function poolsOf(incus: Incus, regionId: string, realm: RealmId): Promise<readonly string[]> {
  try {
    return (await incus.pools.list())
      .filter(({ config }) => config[LABELS.region] === regionId && config[LABELS.realm] === realm)
      .map(({ name }) => name);
  } catch (error) {
    if (isIncusError(error, 'Absent')) return [];
    throw error;
  }
}

/** Opens what there is, once, before Incus looks for its pools. What cannot be opened now is tried again by whoever needs it. */
export async function openEncryptedPools(
  { vaults, material }: Pick<EncryptionOptions, 'vaults' | 'material'>,
  logger: Logger,
): Promise<void> {
  const all = vaults.list();
  if (all.length === 0) return;
  const keys: Buffer[] = [];
  try {
    for (const realm of new Set(all.map((vault) => vault.realm))) {
      try {
        const key = await material.get(realm as RealmId, KEY);
        if (key === undefined) logger.warn({ realm }, 'there are encrypted volumes, and no key of theirs');
        else keys.push(key);
      } catch (error) {
        logger.warn({ realm, err: error }, 'the key of encrypted volumes is not to be had now');
      }
    }
    for (const problem of await vaults.openAll(keys)) {
      logger.warn({ problem }, 'encrypted volumes could not be opened');
    }
  } catch (error) {
    logger.warn({ err: error }, 'encrypted volumes could not be opened');
  } finally {
    for (const key of keys) key.fill(0);
  }
}

/** The caller zeroes it. */
async function ensureKey(material: EncryptionOptions['material'], realm: RealmId): Promise<Buffer> {
  const kept = await material.get(realm, KEY);
  if (kept) return kept;
  await material.add(realm, KEY, randomBytes(KEY_BYTES));
  const made = await material.get(realm, KEY);
  if (!made) throw new Error(`the keyring lost the key of volumes of ${realm} as soon as it was made`);
  return made;
}

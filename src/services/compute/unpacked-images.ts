/**
 * Sees to it that instances start from whole images only. Incus unpacks an image on the pool when its first instance is made, and when it is killed
 * meanwhile it takes what there is for all of it from then on. So what was unpacked to the end is noted on the image; whatever else is found there was
 * left by a crash, and is unpacked anew.
 */
import type { Incus } from '#engines/incus/client.ts';
import type { Logger } from '#kernel/logger.ts';

/** On the image: when that was made on the pool which is known to be whole. */
const UNPACKED = 'casemate.unpacked';

export class UnpackedImages {
  readonly #incus: Incus;
  readonly #pool: string;
  readonly #logger: Logger;
  /** By fingerprint: settles, never throws, when whoever unpacks it now is done. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(incus: Incus, pool: string, logger: Logger) {
    this.#incus = incus;
    this.#pool = pool;
    this.#logger = logger;
  }

  /** Runs `create`, which makes an instance of the image. The first one unpacks it; others wait until it has. */
  async use(fingerprint: string, create: () => Promise<void>): Promise<void> {
    if (await this.#isWhole(fingerprint)) return create();
    const before = this.#turns.get(fingerprint) ?? Promise.resolve();
    const turn = before.then(() => this.#unpack(fingerprint, create));
    const settled = turn.catch(() => {});
    this.#turns.set(fingerprint, settled);
    try {
      await turn;
    } finally {
      if (this.#turns.get(fingerprint) === settled) this.#turns.delete(fingerprint);
    }
  }

  async #isWhole(fingerprint: string): Promise<boolean> {
    const unpackedAt = await this.#incus.pools.unpackedAt(this.#pool, fingerprint);
    if (unpackedAt === undefined) return false;
    const { properties } = await this.#incus.images.get(fingerprint);
    return properties[UNPACKED] === unpackedAt;
  }

  async #unpack(fingerprint: string, create: () => Promise<void>): Promise<void> {
    const { pools, images } = this.#incus;
    if (await this.#isWhole(fingerprint)) return create();
    if ((await pools.unpackedAt(this.#pool, fingerprint)) !== undefined) {
      this.#logger.warn({ fingerprint }, 'an image may not have been unpacked to its end: unpacking it anew');
      await pools.deleteUnpacked(this.#pool, fingerprint);
    }
    await create();
    const unpackedAt = await pools.unpackedAt(this.#pool, fingerprint);
    if (unpackedAt !== undefined) await images.setProperties(fingerprint, { [UNPACKED]: unpackedAt });
  }
}

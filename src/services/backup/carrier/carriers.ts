/**
 * Carriers: throwaway containers that read and write what lies in a tenant's volume or instance, with tar, and stream it. A carrier has one folder of the
 * pool and nothing else: no network, no init, ids of its own on the host, little memory. So a tar that somebody forged is unpacked where it can reach
 * nothing but what it is meant for. They are made for one reading or writing, and are known by their names: what a crash leaves is found again.
 */
import type { Incus } from '#engines/incus/client.ts';
import { isIncusError } from '#engines/incus/errors.ts';
import type { Logger } from '#kernel/logger.ts';
import { LABELS } from '#services/compute/names.ts';
import { UnpackedImages } from '#services/compute/unpacked-images.ts';
import { Carrier } from './carrier.ts';
import { importCarrierImage } from './image.ts';

/** At once; more wait. */
export const CARRIERS_MAX = 4;
export const WAITING_MAX = 256;
const MEMORY_BYTES = 512 * 1024 ** 2;
const PROCESSES_MAX = 16;

export interface CarriersOptions {
  readonly incus: Incus;
  readonly logger: Logger;
  readonly regionId: string;
  /** The Incus pool that carriers' own disks are on. */
  readonly pool: string;
}

export interface CarrierLoad {
  /** Unique, `[a-z0-9-]`, at most 40 characters: the same for the same work, so that whoever repeats it finds what was left. */
  readonly name: string;
  /** A folder of the host, by `places.ts`. */
  readonly source: string;
  /** What it is called below /mnt, and so in tars. */
  readonly as: string;
  readonly readOnly: boolean;
}

export class Carriers {
  readonly #options: CarriersOptions;
  readonly #images: UnpackedImages;
  /** Those that run for somebody, by name; with what settles once one that is ending has ended. */
  readonly #live = new Map<string, Promise<void> | undefined>();
  #ready: Promise<string> | undefined;
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: CarriersOptions) {
    this.#options = options;
    this.#images = new UnpackedImages(options.incus, options.pool, options.logger);
  }

  get #project(): string {
    return `cm-carriers-${this.#options.regionId}`;
  }

  /** Starts one. One of that name that is there already was left by a crash, and is removed first. Throws IncusError. */
  async open(load: CarrierLoad, signal: AbortSignal): Promise<Carrier> {
    const { incus, pool, regionId } = this.#options;
    await this.#live.get(load.name);
    if (this.#live.has(load.name)) throw new Error(`carrier ${load.name} is at work already`);
    this.#live.set(load.name, undefined);
    try {
      await this.#turn(signal);
    } catch (error) {
      this.#live.delete(load.name);
      throw error;
    }
    const close = () => this.#end(load.name);
    try {
      const fingerprint = await this.#prepare();
      await this.#remove(load.name);
      signal.throwIfAborted();
      const draft = {
        name: load.name,
        type: 'container',
        source: { type: 'image', fingerprint },
        profiles: [],
        config: {
          [LABELS.region]: regionId,
          'security.idmap.isolated': 'true',
          'security.guestapi': 'false',
          'limits.memory': `${MEMORY_BYTES}B`,
          'limits.processes': String(PROCESSES_MAX),
          'raw.lxc': 'lxc.init.cmd=/usr/bin/sleep infinity',
        },
        devices: {
          root: { type: 'disk', path: '/', pool },
          load: {
            type: 'disk',
            source: load.source,
            path: `/mnt/${load.as}`,
            // Files are seen with the ids that the tenant sees; the kernel maps them.
            shift: 'true',
            ...(load.readOnly ? { readonly: 'true' } : {}),
          },
        },
      } as const;
      await this.#images.use(fingerprint, () => incus.instances.create(this.#project, draft, signal));
      await incus.instances.setState(this.#project, load.name, { action: 'start' });
      return new Carrier(incus, this.#project, load.name, close);
    } catch (error) {
      if (isIncusError(error, 'NotFound')) this.#ready = undefined; // somebody took project or image away
      await close().catch(() => {}); // the first error says more; what is left goes with the next sweep
      throw error;
    }
  }

  /** Removes one that a crash left; none, or one at work: nothing happens. */
  async discard(name: string): Promise<void> {
    await this.#live.get(name);
    if (!this.#live.has(name)) await this.#remove(name);
  }

  /** Resolves when there is room for one more, which it is then. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#working < CARRIERS_MAX) this.#working++;
    else {
      if (this.#waiting.length >= WAITING_MAX) {
        throw new Error(
          `${WAITING_MAX} instances and volumes wait to be read or written already; try again later`,
        );
      }
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
        const stop = () => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', stop, { once: true });
        // Whoever ends hands its room over.
        this.#waiting.push(go);
      });
    }
  }

  /** Once, however often it is asked for. What does not go then is left to a sweep. */
  async #end(name: string): Promise<void> {
    if (!this.#live.has(name)) return;
    const ending =
      this.#live.get(name) ??
      this.#remove(name).finally(() => {
        this.#live.delete(name);
        const next = this.#waiting.shift();
        if (next) next();
        else this.#working--;
      });
    if (this.#live.has(name))
      this.#live.set(
        name,
        ending.catch(() => {}),
      );
    await ending;
  }

  /** Removes all that nobody here works with. Only one process of a region works with them at a time: the one that runs its controllers. */
  async sweep(): Promise<void> {
    const { incus, logger } = this.#options;
    const left = await this.#list();
    for (const { name } of left) {
      if (this.#live.has(name)) continue;
      logger.warn({ name }, 'removing a carrier that was left by a crash');
      try {
        await this.#remove(name);
      } catch (error) {
        // The next sweep looks again: it may be going already.
        if (!isIncusError(error)) throw error;
        logger.warn({ name, error: error.message }, 'a carrier does not go');
      }
    }
    if (left.length > 0) return;
    try {
      if (this.#live.size === 0) await incus.projects.delete(this.#project);
      this.#ready = undefined;
    } catch (error) {
      if (!isIncusError(error, 'NotFound', 'InUse')) throw error;
    }
  }

  async #list() {
    try {
      return await this.#options.incus.instances.list(this.#project);
    } catch (error) {
      if (isIncusError(error, 'NotFound', 'Absent')) return [];
      throw error;
    }
  }

  async #remove(name: string): Promise<void> {
    const { instances } = this.#options.incus;
    try {
      await instances.setState(this.#project, name, { action: 'stop', force: true });
    } catch (error) {
      if (isIncusError(error, 'NotFound')) return;
      if (!isIncusError(error) || !/already stopped|not running/i.test(error.message)) throw error;
    }
    try {
      await instances.delete(this.#project, name);
    } catch (error) {
      if (!isIncusError(error, 'NotFound')) throw error;
    }
  }

  /** The project and the image; once for as long as all goes well. */
  #prepare(): Promise<string> {
    this.#ready ??= this.#makeReady().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #makeReady(): Promise<string> {
    const { incus, regionId } = this.#options;
    const config = {
      [LABELS.region]: regionId,
      'features.images': 'false',
      'features.profiles': 'true',
      'features.storage.volumes': 'true',
      'features.networks': 'false',
    };
    try {
      await incus.projects.create(this.#project, 'carriers of backups', config);
    } catch (error) {
      if (!isIncusError(error, 'AlreadyExists')) throw error;
    }
    return importCarrierImage(incus, regionId);
  }
}

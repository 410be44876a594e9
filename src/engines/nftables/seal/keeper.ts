/**
 * The agent's part of the seal: puts it in force, sees whether somebody changed it, or the filter, by hand, and repairs both. What it compares with is
 * what the kernel said right after it was put in force.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { applyModel, NftError, nft, putSettings, transact } from '../apply.ts';
import { type FilterModel, ModelError } from '../model.ts';
import { portPrefix, tableName } from '../names.ts';
import { type ControlGroup, controlGroupOf, ownControlGroup } from './control-group.ts';
import { type Attempt, type FlowCount, type Listing, type ProbePacket, readListing } from './listing.ts';
import { type SealModel, sealDigest } from './model.ts';
import { PROBES_SET, renderOpen, renderSeal, STAGES, sealTable, stageSets } from './render.ts';
import {
  changedSettings,
  foreignHooks,
  type Route,
  routesOfMachine,
  strayRoutes,
  waysOut,
} from './surroundings.ts';
import {
  chooseZonePorts,
  hasRoute,
  makeZonePorts,
  removeZonePorts,
  renderZonePorts,
  type ZonePort,
} from './zone-ports.ts';

/** The control group of the process that tries to leave from networks. */
export const ZONES_PROCESS = 'zones';

/** What became of the packets of one round out of networks. */
export interface ZonesPassed {
  /** The filter was put in force anew meanwhile, which drops what it does not know: nothing is known. */
  readonly interrupted: boolean;
  readonly packets: readonly ProbePacket[];
  /** Of destinations whose packets arrived here, those that this machine has no way to. */
  readonly unroutable: readonly string[];
}

const run = promisify(execFile);

const LIST_TIME_LIMIT_MS = 10_000;
const LISTING_BYTES_MAX = 16 * 1024 * 1024;
/** Disturbances named; one is enough to know. */
const DISTURBED_MAX = 16;
/** Destinations of probes that are looked up. */
const ROUTES_MAX = 32;

/** What is in force of the seal, read from the kernel. */
export interface SealState {
  /** Digest of the model in force; absent when none is. */
  readonly digest?: string;
  /** Whether what is not declared is dropped, or only counted. */
  readonly enforced: boolean;
  /** Processes of the region that it tells apart; none: they cannot be told from others on this machine, and are not held. */
  readonly processes: readonly string[];
  readonly bridges: number;
  /** What somebody changed by hand, in words. */
  readonly disturbed: readonly string[];
  /** Where this machine's own routes lead. */
  readonly ways: readonly string[];
  readonly attempts: readonly Attempt[];
  readonly flows: readonly FlowCount[];
}

export interface SealKeeperOptions {
  readonly region: string;
  readonly enforced: boolean;
}

export class SealKeeper {
  readonly #options: SealKeeperOptions;
  #model: SealModel | undefined;
  #filter: FilterModel | undefined;
  #group: ControlGroup | undefined;
  #fingerprint: string | undefined;
  #filterFingerprint: string | undefined;
  #zonePorts: readonly ZonePort[] | undefined;
  #isInterrupted = false;
  #zonesTried = 0;

  constructor(options: SealKeeperOptions) {
    this.#options = options;
  }

  get model(): SealModel | undefined {
    return this.#model;
  }

  /** The filter in force is another one now: the seal follows its bridges. */
  async follow(filter: FilterModel | undefined): Promise<void> {
    this.#filter = filter;
    this.#isInterrupted = true;
    this.#filterFingerprint = filter === undefined ? undefined : await this.#readFilter();
    if (this.#model !== undefined) await this.#put(this.#model);
  }

  /** Puts a seal in force, and what was changed by hand back in its place. */
  async apply(model: SealModel): Promise<SealState> {
    if (this.#filter !== undefined && (await this.#readFilter()) !== this.#filterFingerprint) {
      await applyModel(this.#filter);
      this.#isInterrupted = true;
      this.#filterFingerprint = await this.#readFilter();
    } else if (this.#filter !== undefined) {
      await putSettings(this.#filter);
    }
    await this.#put(model);
    this.#model = model;
    return this.state();
  }

  /** Takes the seal away, for a region that is going. */
  async clear(): Promise<void> {
    await transact(renderOpen(this.#options.region));
    this.#model = undefined;
    this.#fingerprint = undefined;
  }

  /**
   * Gives process `pid` a port into each network of this round. Its control group, into which only the supervisor puts anything, says that it is the one for that: no
   * other process of this machine is given a network. Throws ModelError, NftError.
   */
  async openZones(pid: unknown): Promise<readonly ZonePort[]> {
    await this.closeZones();
    const group = ownControlGroup(this.#options.region);
    const own = controlGroupOf('self');
    const isOurs = typeof pid === 'number' && Number.isInteger(pid) && pid > 1;
    if (!isOurs || group === undefined || own === undefined)
      throw new ModelError('/model: must be the pid of the region’s process that tries networks');
    if (controlGroupOf(pid) !== join(dirname(own), ZONES_PROCESS))
      throw new ModelError(
        `/model: process ${pid} is not in the control group ${ZONES_PROCESS} of the region`,
      );
    if (this.#filter === undefined || this.#model === undefined) return [];
    const ports = chooseZonePorts(this.#filter, this.#zonesTried);
    if (ports.length === 0) return [];
    this.#zonesTried += ports.length;
    this.#isInterrupted = false;
    this.#zonePorts = ports;
    const table = `inet ${sealTable(this.#options.region)}`;
    const addresses = ports.map(({ address }) => address).join(', ');
    const text = `add element ${table} ${PROBES_SET} { ${addresses} }\n`;
    try {
      await transact(`${this.#renderNoProbes()}${text}${renderZonePorts(this.#options.region, ports)}`);
      await makeZonePorts(ports, pid);
    } catch (error) {
      await this.closeZones();
      throw error;
    }
    return ports;
  }

  /** Takes all of them away, whatever is left of them; and gives what became of their packets. Throws NftError. */
  async closeZones(): Promise<ZonesPassed> {
    const { region } = this.#options;
    const ports = this.#zonePorts ?? [];
    this.#zonePorts = undefined;
    const packets = ports.length === 0 ? [] : ((await this.#read())?.probes ?? []);
    const unroutable = await unroutableOf(packets, ports);
    await removeZonePorts(region);
    if (ports.length > 0) {
      if (this.#model !== undefined) await transact(this.#renderNoProbes()).catch(() => {});
      // Where the filter is gone, so are its sets.
      await transact(renderZonePorts(region, ports, 'delete')).catch(() => {});
    }
    return { interrupted: this.#isInterrupted, packets, unroutable };
  }

  #renderNoProbes(): string {
    const table = `inet ${sealTable(this.#options.region)}`;
    return [PROBES_SET, ...STAGES.flatMap(stageSets)].map((name) => `flush set ${table} ${name}\n`).join('');
  }

  async state(): Promise<SealState> {
    const listing = await this.#read();
    const inForce = listing !== undefined && listing.fingerprint === this.#fingerprint;
    const routes = await routesOfMachine();
    return {
      ...(inForce && this.#model !== undefined ? { digest: sealDigest(this.#model) } : {}),
      enforced: this.#options.enforced,
      processes: this.#group?.processes ?? [],
      bridges: this.#bridges().length,
      disturbed: (await this.#disturbed(listing, routes)).slice(0, DISTURBED_MAX),
      ways: waysOut(routes, new Set(this.#bridges())),
      attempts: listing?.attempts ?? [],
      flows: listing?.flows ?? [],
    };
  }

  async #put(model: SealModel): Promise<void> {
    const { region, enforced } = this.#options;
    this.#group = ownControlGroup(region);
    const text = renderSeal(model, { bridges: this.#bridges(), group: this.#group, enforced });
    const before = await this.#read();
    // What somebody changed is not built upon; what was counted of it is lost.
    const isOurs = before === undefined || before.fingerprint === this.#fingerprint;
    await transact(isOurs ? text : `${renderOpen(region)}${text}`);
    this.#fingerprint = (await this.#read())?.fingerprint;
  }

  #bridges(): string[] {
    return this.#filter?.zones.flatMap(({ bridges }) => bridges.map(({ name }) => name)) ?? [];
  }

  async #disturbed(listing: Listing | undefined, routes: readonly Route[]): Promise<string[]> {
    const { region } = this.#options;
    const found: string[] = [];
    if (this.#model !== undefined && listing?.fingerprint !== this.#fingerprint) {
      const what = listing === undefined ? 'is gone' : 'was changed';
      found.push(`table inet ${sealTable(region)} ${what}`);
    }
    if (this.#filter !== undefined && (await this.#readFilter()) !== this.#filterFingerprint) {
      found.push(`table inet or bridge ${tableName(region)} was changed or is gone`);
    }
    if (this.#filter !== undefined) {
      found.push(...(await changedSettings(this.#filter)));
      const own = this.#filter.zones.flatMap((zone) => zone.bridges);
      found.push(...strayRoutes(routes, own));
    }
    const bridges = this.#bridges();
    const isOurs = (device: string) => bridges.includes(device) || device.startsWith(portPrefix(region));
    found.push(
      ...foreignHooks((await nft(['list', 'chains', 'netdev'], '', LISTING_BYTES_MAX)).stdout, isOurs),
    );
    const ports = bridges.length === 0 ? undefined : await portsOfBridges();
    for (const bridge of bridges) {
      const foreign = (ports?.get(bridge) ?? []).filter((port) => !port.startsWith(portPrefix(region)));
      if (foreign.length > 0)
        found.push(`bridge ${bridge} has a port that is no instance's: ${foreign.join(', ')}`);
    }
    return found;
  }

  async #read(): Promise<Listing | undefined> {
    const { code, stdout, stderr } = await nft(
      ['-j', '-a', 'list', 'table', 'inet', sealTable(this.#options.region)],
      '',
      LISTING_BYTES_MAX,
    );
    if (code === 0) return readListing(stdout);
    if (stderr.includes('No such file or directory')) return undefined;
    throw new NftError(`nft could not list the seal: ${stderr.slice(0, 500).trim()}`);
  }

  /** Its chains and rules; what is in its sets changes with every instance, and opens no way out past the seal. */
  async #readFilter(): Promise<string> {
    const hash = createHash('sha256');
    for (const family of ['inet', 'bridge']) {
      const { code, stdout } = await nft(
        ['-s', '-a', '-t', 'list', 'table', family, tableName(this.#options.region)],
        '',
        LISTING_BYTES_MAX,
      );
      hash.update(code === 0 ? stdout : 'gone');
    }
    return hash.digest('hex');
  }
}

async function unroutableOf(packets: readonly ProbePacket[], ports: readonly ZonePort[]): Promise<string[]> {
  const [port] = ports;
  if (port === undefined) return [];
  const destinations = [...new Set(packets.map(({ destination }) => destination))].slice(0, ROUTES_MAX);
  const found = await Promise.all(
    destinations.map(async (one) => ((await hasRoute(port, one)) ? [] : [one])),
  );
  return found.flat();
}

/** What each bridge of this host has for ports. */
async function portsOfBridges(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await run('ip', ['-j', 'link', 'show', 'type', 'bridge_slave'], {
    timeout: LIST_TIME_LIMIT_MS,
    maxBuffer: LISTING_BYTES_MAX,
  });
  const links = JSON.parse(stdout || '[]') as readonly {
    readonly ifname?: string;
    readonly master?: string;
  }[];
  const ports = new Map<string, string[]>();
  for (const { ifname, master } of links) {
    if (ifname === undefined || master === undefined) continue;
    ports.set(master, [...(ports.get(master) ?? []), ifname]);
  }
  return ports;
}

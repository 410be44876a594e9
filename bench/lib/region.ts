/**
 * A region to measure: a real PostgreSQL with fsync and the real region process, started from the same plan as `casemate up`
 * makes, in a folder of its own and without Incus. The bench starts them itself so that it can profile the region process, start it
 * without controllers, and know its pid. Never touches another region.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '#engines/postgres/open-postgres.ts';
import { systemClock } from '#kernel/clock.ts';
import { LEADER_CLAIM } from '#kernel/reconcile/lead-controllers.ts';
import { freePort } from '#kernel/wire/test-port.ts';
import { loadOrCreateConfig, parseConfig } from '#region/config/load.ts';
import type { RegionConfig } from '#region/config/schema.ts';
import { databaseConnection } from '#region/database.ts';
import { ensureAccounts, isRoot } from '#region/embedded/accounts.ts';
import { ensureFolders } from '#region/embedded/folders.ts';
import { prepareCluster } from '#region/embedded/postgres.ts';
import { type Layout, layoutOf } from '#region/layout.ts';
import { planRegion } from '#region/plan.ts';
import type { ProcessDefinition } from '#region/supervisor/definition.ts';
import { tryProbe } from '#region/supervisor/probe.ts';
import { connectionOf, type Target } from './target.ts';

const START_LIMIT_MS = 300_000;
const PROBE_MS = 25;
const DATABASE_SUPERUSER = 'casemate-db';

export interface StartOptions {
  /** Default true. Without, what is created stays as it is: nothing but the API works. */
  readonly controllers?: boolean;
  /** Flags of Node for the region process, such as `--max-old-space-size=8192`. */
  readonly nodeOptions?: readonly string[];
  /** Where to put a CPU profile of the region process, written when it stops. */
  readonly profile?: string;
}

export class BenchRegion {
  readonly layout: Layout;
  readonly config: RegionConfig;
  readonly #folder: string;
  readonly #definitions: readonly ProcessDefinition[];
  #postgres: ChildProcess | undefined;
  #region: ChildProcess | undefined;
  #profile: string | undefined;
  #releaseControllers: (() => Promise<void>) | undefined;

  private constructor(
    folder: string,
    layout: Layout,
    config: RegionConfig,
    definitions: readonly ProcessDefinition[],
  ) {
    this.#folder = folder;
    this.layout = layout;
    this.config = config;
    this.#definitions = definitions;
  }

  /** Makes the folder and starts PostgreSQL; the region process comes with `start`. */
  static async make(options: { readonly requestsPerSecond?: number } = {}): Promise<BenchRegion> {
    if (!isRoot())
      throw new Error('measurements need root: the region runs under accounts of its own, as in earnest');
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    chmodSync(folder, 0o711);
    const layout = layoutOf(join(folder, 'data'));
    const accounts = ensureAccounts();
    mkdirSync(layout.data, { mode: 0o711 });
    await loadOrCreateConfig(layout.config, { name: 'bench', listen: `127.0.0.1:${await freePort()}` });
    const text = readFileSync(layout.config, 'utf8').replace(
      /^(incus:\n(?: {2}#.*\n)*) {2}mode: embedded\n/m,
      '$1  mode: none\n',
    );
    // One user is the load of many here.
    const unlimited = `${text}\nrequestsPerSecond: ${options.requestsPerSecond ?? 1_000_000}\n`;
    writeFileSync(layout.config, unlimited);
    const config = parseConfig(unlimited, layout.config);
    if (config.incus.mode !== 'none')
      throw new Error('the text of region.yaml has changed: the bench cannot leave Incus out');
    ensureFolders(layout, accounts);
    const postgres = await prepareCluster(layout, accounts, config);
    const plan = planRegion({ layout, config, accounts, postgres, imageCache: join(folder, 'images') });
    const region = new BenchRegion(folder, layout, config, plan.processes);
    await region.#startPostgres();
    return region;
  }

  get pid(): number {
    // setpriv and unshare become the program they start, so the child's pid is the region's.
    return this.#region?.pid ?? 0;
  }

  get postgresPid(): number {
    return this.#postgres?.pid ?? 0;
  }

  /** The operator's way in. */
  get operator(): Target {
    return connectionOf(readFileSync(join(this.layout.keys, 'operator.kubeconfig'), 'utf8'));
  }

  /** Starts the region process; gives how long it took to be ready. */
  async start(options: StartOptions = {}): Promise<{ readonly ready_ms: number }> {
    if (options.controllers === false) await this.#holdControllers();
    const definition = this.#definition('region');
    const flags = [...(options.nodeOptions ?? [])];
    this.#profile = options.profile;
    // Node writes the profile as its own account, which may only write there.
    if (options.profile !== undefined) {
      flags.push(
        '--cpu-prof',
        `--cpu-prof-dir=${this.layout.cache}/profile`,
        '--cpu-prof-name=region.cpuprofile',
      );
    }
    const started = performance.now();
    const child = spawn(definition.command, [...definition.args], {
      cwd: definition.cwd,
      env: { ...definition.env, ...(flags.length > 0 ? { NODE_OPTIONS: flags.join(' ') } : {}) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#region = child;
    let said = '';
    const keep = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-16_384);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message: { readonly ready?: boolean }) => message.ready && resolve());
      child.once('exit', (code, signal) =>
        reject(new Error(`the region ended (${code ?? signal}):\n${said}`)),
      );
    });
    await ready;
    return { ready_ms: performance.now() - started };
  }

  /** Stops the region process and keeps its data and PostgreSQL. */
  async stop(): Promise<void> {
    await end(this.#region, 'SIGTERM');
    this.#region = undefined;
    await this.#releaseControllers?.();
    this.#releaseControllers = undefined;
    if (this.#profile !== undefined) {
      cpSync(join(this.layout.cache, 'profile', 'region.cpuprofile'), this.#profile);
      this.#profile = undefined;
    }
  }

  /** As the superuser of the database, which root may be. */
  database() {
    return { ...databaseConnection(this.layout, this.config), user: DATABASE_SUPERUSER };
  }

  /** The master key as a file of root's, who may not read the region's own: it is gone with the region. */
  masterKey(): string {
    const copy = join(this.#folder, 'master.key');
    rmSync(copy, { force: true });
    writeFileSync(copy, readFileSync(join(this.layout.keys, 'master.key')), { mode: 0o600 });
    return copy;
  }

  async destroy(): Promise<void> {
    await this.stop();
    await end(this.#postgres, 'SIGINT');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Takes the claim to run controllers, as another process of the region would, and does nothing with it. */
  async #holdControllers(): Promise<void> {
    const postgres = await openPostgres({ connection: this.database() });
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const claim = postgres.claims.hold(LEADER_CLAIM, (lost) => {
      resolve();
      return new Promise((gone) => lost.addEventListener('abort', () => gone()));
    });
    await taken;
    this.#releaseControllers = async () => {
      await claim.release();
      await postgres.close();
    };
  }

  async #startPostgres(): Promise<void> {
    const { command, args, env, cwd, uid, gid, ready } = this.#definition('postgres');
    if (ready.type === 'message') throw new Error('PostgreSQL tells nobody that it is ready');
    const child = spawn(command, [...args], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: 'ignore',
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    this.#postgres = child;
    const deadline_ms = performance.now() + START_LIMIT_MS;
    while (!(await tryProbe(ready))) {
      if (child.exitCode !== null || performance.now() > deadline_ms)
        throw new Error('PostgreSQL did not start');
      await new Promise((resolve) => systemClock.after(PROBE_MS, () => resolve(undefined)));
    }
  }

  #definition(name: string): ProcessDefinition {
    const found = this.#definitions.find((definition) => definition.name === name);
    if (found === undefined) throw new Error(`the plan of the region has no process ${name}`);
    return found;
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/**
 * The root agent of the packet filter: `node agent.ts --socket PATH --region ID [--state DIR] [--seal-observes]`. A small process that holds
 * CAP_NET_ADMIN and nothing else (`spawn.ts`), so that the region process needs no privilege. It takes typed models over a unix
 * socket, validates them, renders them itself and feeds nft; it never takes nft text, a path or a command.
 *
 * Who may ask is decided by the file system: Node cannot read a peer's credentials, so the socket's folder must belong to
 * the agent's user and be writable by nobody else, and the socket is 0660 with the group the agent runs with.
 * It prints `ready` once it serves. With `--state` the last model is kept there and put in force again at start, before any instance of a rebooted host runs.
 */

import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '#kernel/clock.ts';
import { collectWhenIdle } from '#kernel/idle-memory.ts';
import { listenLocally } from '#kernel/local-socket.ts';
import { applyModel, clearModel, NftError, stateInForce } from './apply.ts';
import { type FilterModel, ModelError, parseModel } from './model.ts';
import { REGION_ID } from './names.ts';
import { type AgentResponse, encodeFrame, type FilterState, readFrame } from './protocol.ts';
import { SealKeeper, type SealState, type ZonesPassed } from './seal/keeper.ts';
import { parseSeal, type SealModel } from './seal/model.ts';
import type { ZonePort } from './seal/zone-ports.ts';

type KeptName = 'filter-model' | 'seal';

const CONNECTIONS_MAX = 8;
const REQUEST_TIME_LIMIT_MS = 60_000;
/** Ports for trying networks are taken away after that, whatever becomes of whoever asked. */
const ZONES_MS_MAX = 60_000;

export interface AgentOptions {
  readonly socket: string;
  readonly region: string;
  /** Where the last model is kept; nowhere when absent. */
  readonly state?: string;
  /** The seal counts what leaves undeclared, and drops nothing. */
  readonly sealObserves?: boolean;
}

/** Starts serving; resolves once the socket accepts. Throws when the socket's folder does not protect it. */
export async function startAgent(options: AgentOptions): Promise<Server> {
  if (!REGION_ID.test(options.region)) throw new Error(`region: "${options.region}" is not a DNS label`);
  await requireOwnFolder(dirname(options.socket));
  if (options.state !== undefined) await requireOwnFolder(options.state);
  await letGroupPing().catch((error: unknown) => report('the region cannot probe ICMP', error));
  const keeper = new Keeper(options);
  await keeper.restore();
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, keeper));
  server.maxConnections = CONNECTIONS_MAX;
  await listenLocally(server, options.socket, 0o660);
  return server;
}

/**
 * Lets the group that the agent runs with, the region's, open ICMP sockets (icmp(7)), where nobody may: for its probes. Whatever it sends the seal judges. A range that
 * somebody set stays.
 */
async function letGroupPing(): Promise<void> {
  const path = '/proc/sys/net/ipv4/ping_group_range';
  const [first = 0, last = 0] = (await readFile(path, 'utf8')).trim().split(/\s+/).map(Number);
  const gid = process.getegid?.();
  if (first > last && gid !== undefined) await writeFile(path, `${gid} ${gid}`);
}

async function requireOwnFolder(path: string): Promise<void> {
  const folder = await stat(path);
  if (!folder.isDirectory() || folder.uid !== process.geteuid?.() || (folder.mode & 0o022) !== 0) {
    throw new Error(
      `${path} must be a folder that belongs to the agent's user and that nobody else may write to`,
    );
  }
}

/** Holds the model and changes it one request at a time. */
class Keeper {
  readonly #options: AgentOptions;
  readonly #seal: SealKeeper;
  #model: FilterModel | undefined;
  #zonesEnd: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#seal = new SealKeeper({ region: options.region, enforced: options.sealObserves !== true });
  }

  handle(request: unknown): Promise<AgentResponse> {
    const response = this.#turn.then(() => this.#answer(request));
    this.#turn = response;
    return response;
  }

  /** After a reboot the kernel holds no rules: puts the last model in force again. One that fails is reported and left. */
  async restore(): Promise<void> {
    // Of an agent that was killed while networks were tried.
    await this.#seal.closeZones().catch((error: unknown) => report('ports of probes may be left', error));
    await this.#restore('filter-model', async (kept) => {
      this.#model = parseModel(kept, this.#options.region);
      await applyModel(this.#model);
      await this.#seal.follow(this.#model);
    });
    await this.#restore('seal', (kept) => this.#seal.apply(parseSeal(kept, this.#options.region)));
  }

  async #restore(name: KeptName, use: (kept: unknown) => Promise<unknown>): Promise<void> {
    const file = this.#file(name);
    if (file === undefined) return;
    try {
      await use(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        report(`the kept ${name} was not restored`, error);
    }
  }

  async #answer(request: unknown): Promise<AgentResponse> {
    try {
      const { operation, model } = (request ?? {}) as { operation?: unknown; model?: unknown };
      if (operation === 'seal') return { ok: true, seal: await this.#applySeal(model) };
      if (operation === 'seal-state') return { ok: true, seal: await this.#seal.state() };
      if (operation === 'zones-open') return { ok: true, zones: await this.#openZones(model) };
      if (operation === 'zones-close') return { ok: true, passed: await this.#closeZones() };
      return { ok: true, state: await this.#run(request) };
    } catch (error) {
      if (error instanceof ModelError) return { ok: false, reason: 'InvalidModel', message: error.message };
      if (error instanceof NftError) return { ok: false, reason: 'NftFailed', message: error.message };
      return { ok: false, reason: 'BadRequest', message: (error as Error).message };
    }
  }

  /** For a while only: whoever asked may be gone before it says that it is done. */
  async #openZones(pid: unknown): Promise<readonly ZonePort[]> {
    clearTimeout(this.#zonesEnd);
    const ports = await this.#seal.openZones(pid);
    this.#zonesEnd = setTimeout(() => void this.handle({ operation: 'zones-close' }), ZONES_MS_MAX);
    this.#zonesEnd.unref();
    return ports;
  }

  #closeZones(): Promise<ZonesPassed> {
    clearTimeout(this.#zonesEnd);
    return this.#seal.closeZones();
  }

  async #applySeal(model: unknown): Promise<SealState> {
    const parsed = parseSeal(model, this.#options.region);
    const state = await this.#seal.apply(parsed);
    await this.#keep('seal', parsed);
    return state;
  }

  async #run(request: unknown): Promise<FilterState> {
    const { operation, model } = (request ?? {}) as { operation?: unknown; model?: unknown };
    switch (operation) {
      case 'apply': {
        const parsed = parseModel(model, this.#options.region);
        const state = await applyModel(parsed);
        this.#model = parsed;
        await this.#seal.follow(parsed);
        await this.#keep('filter-model', parsed);
        return state;
      }
      case 'clear': {
        const state = await clearModel(this.#options.region);
        this.#model = undefined;
        await this.#seal.follow(undefined);
        await this.#keep('filter-model', undefined);
        return state;
      }
      case 'state': {
        const bridges = this.#model?.zones.flatMap((zone) => zone.bridges.map((bridge) => bridge.name)) ?? [];
        return stateInForce(this.#options.region, bridges);
      }
      default:
        throw new Error('operation must be apply, state, clear, seal, seal-state, zones-open or zones-close');
    }
  }

  #file(name: KeptName): string | undefined {
    return this.#options.state === undefined ? undefined : join(this.#options.state, `${name}.json`);
  }

  async #keep(name: KeptName, model: FilterModel | SealModel | undefined): Promise<void> {
    const file = this.#file(name);
    if (file === undefined) return;
    if (model === undefined) {
      await unlink(file).catch(() => {});
      return;
    }
    await writeFile(`${file}.new`, JSON.stringify(model), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
}

function serve(socket: Socket, keeper: Keeper): void {
  socket.setTimeout(REQUEST_TIME_LIMIT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  answer(socket, keeper).catch((error: unknown) => {
    report('a request failed', error);
    socket.destroy();
  });
}

async function answer(socket: Socket, keeper: Keeper): Promise<void> {
  let request: unknown;
  try {
    request = await readFrame(socket);
  } catch (error) {
    const refusal: AgentResponse = { ok: false, reason: 'BadRequest', message: (error as Error).message };
    socket.end(encodeFrame(refusal));
    return;
  }
  socket.end(encodeFrame(await keeper.handle(request)));
}

function report(message: string, error: unknown): void {
  process.stderr.write(
    `${JSON.stringify({ level: 'error', agent: 'nftables', message, error: String(error) })}\n`,
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      socket: { type: 'string' },
      region: { type: 'string' },
      state: { type: 'string' },
      'seal-observes': { type: 'boolean' },
    },
  });
  if (values.socket === undefined || values.region === undefined) {
    process.stderr.write('usage: agent.ts --socket PATH --region ID [--state DIR] [--seal-observes]\n');
    process.exit(2);
  }
  const server = await startAgent({
    socket: values.socket,
    region: values.region,
    ...(values.state === undefined ? {} : { state: values.state }),
    sealObserves: values['seal-observes'] === true,
  });
  process.stdout.write('ready\n');
  collectWhenIdle(systemClock);
  // The rules stay in force when the agent ends: filtering never depends on a process.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => server.close(() => process.exit(0)));
}

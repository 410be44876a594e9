/**
 * A host with bridges and instances made of network namespaces, to send real packets through the filter without touching
 * this machine's own network. Needs root. Not part of the product.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type FilterClient, filterClient } from '../client.ts';
import type { FilterBridge, FilterEndpoint } from '../model.ts';
import { portPrefix } from '../names.ts';
import { agentCommand } from '../spawn.ts';
import type { PeerAnswer, PeerCommand } from './peer.ts';

const run = promisify(execFile);

/** How long a probe that should be answered may take, and how long we wait to believe that it is not. */
const ANSWER_MS = 3_000;
const SILENCE_MS = 350;

/** Why packets cannot be sent here; undefined when they can. */
export function labProblem(): string | undefined {
  return process.geteuid?.() === 0
    ? undefined
    : 'needs root: it makes network namespaces and loads nftables rules';
}

/** For nsenter(1), and not `ip netns exec`, which gives mounts of their own as well: those keep open what another test's Incus has mounted. */
const inside = (namespace: string): string => `--net=/run/netns/${namespace}`;

export class Peer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: PeerAnswer) => void>();
  #next = 0;

  constructor(namespace: string) {
    const script = fileURLToPath(new URL('./peer.ts', import.meta.url));
    this.#child = spawn('nsenter', [inside(namespace), process.execPath, script]);
    this.#child.stderr.pipe(process.stderr);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: PeerAnswer };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  ask(command: PeerCommand): Promise<PeerAnswer> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin.write(`${JSON.stringify({ id, command })}\n`);
    });
  }

  listen(protocol: 'tcp' | 'udp', port: number, address?: string): Promise<PeerAnswer> {
    return this.ask({ op: 'listen', protocol, port, ...(address === undefined ? {} : { address }) });
  }

  /** The address the listener saw, or undefined when nothing answered in the time an answer takes. */
  async reaches(address: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<string | undefined> {
    const answer = await this.ask({ op: 'dial', protocol, address, port, limit_ms: ANSWER_MS });
    return 'answer' in answer ? answer.answer : undefined;
  }

  /** What a dial that should get nowhere meets: `timeout` (silence), an error's code, or, alas, an answer. */
  async meets(
    address: string,
    port: number,
    protocol: 'tcp' | 'udp' = 'tcp',
    from?: string,
  ): Promise<string> {
    const answer = await this.ask({
      op: 'dial',
      protocol,
      address,
      port,
      limit_ms: SILENCE_MS,
      ...(from === undefined ? {} : { from }),
    });
    return 'failed' in answer ? answer.failed : `answer to ${answer.answer}`;
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

export interface LabInstance {
  readonly endpoint: FilterEndpoint;
  readonly peer: Peer;
  /** Runs a command in the instance's namespace. */
  exec(command: string, ...args: string[]): Promise<string>;
}

/** One simulated host. Close it whatever happens. */
export class Lab {
  readonly region: string;
  readonly host: Peer;
  readonly outside: Peer;
  readonly filter: FilterClient;
  readonly #tag: string;
  readonly #folder: string;
  #agent: ChildProcessWithoutNullStreams;
  readonly #peers: Peer[] = [];
  readonly #namespaces: string[];
  readonly #children: ChildProcessWithoutNullStreams[] = [];
  #count = 0;

  static readonly hostAddress = '192.0.2.1';
  static readonly outsideAddress = '192.0.2.2';

  private constructor(
    tag: string,
    region: string,
    folder: string,
    agent: ChildProcessWithoutNullStreams,
    namespaces: string[],
  ) {
    this.#tag = tag;
    this.region = region;
    this.#folder = folder;
    this.#agent = agent;
    this.#namespaces = namespaces;
    this.filter = filterClient(this.socket);
    this.host = this.#peer('h');
    this.outside = this.#peer('o');
  }

  /** `bridgeNetfilter`: whether bridged packets also pass the inet hooks, which is the host's choice and must not matter. */
  static async open(region: string, options: { readonly bridgeNetfilter: boolean }): Promise<Lab> {
    const tag = `cmlab${process.pid}`;
    const namespaces = [`${tag}h`, `${tag}o`];
    for (const namespace of namespaces) {
      await run('ip', ['netns', 'add', namespace]);
      await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    }
    const [host, outside] = namespaces as [string, string];
    await run('ip', [
      '-n',
      host,
      'link',
      'add',
      'up0',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      outside,
    ]);
    await run('ip', ['-n', host, 'address', 'add', `${Lab.hostAddress}/24`, 'dev', 'up0']);
    await run('ip', ['-n', host, 'link', 'set', 'up0', 'up']);
    await run('ip', ['-n', outside, 'address', 'add', `${Lab.outsideAddress}/24`, 'dev', 'eth0']);
    await run('ip', ['-n', outside, 'link', 'set', 'eth0', 'up']);
    // The outside knows the way in, so that only the filter can keep it out.
    await run('ip', ['-n', outside, 'route', 'add', '10.0.0.0/8', 'via', Lab.hostAddress]);
    const bridged = `net.bridge.bridge-nf-call-iptables=${options.bridgeNetfilter ? 1 : 0}`;
    await run('nsenter', [inside(host), 'sysctl', '-qw', bridged]);
    const folder = await mkdtemp(join(tmpdir(), `${tag}-`));
    for (const name of ['run', 'state']) await mkdir(join(folder, name), { mode: 0o750 });
    await chmod(folder, 0o755);
    const agent = await startAgent(host, region, folder);
    return new Lab(tag, region, folder, agent, namespaces);
  }

  #peer(suffix: string): Peer {
    const peer = new Peer(`${this.#tag}${suffix}`);
    this.#peers.push(peer);
    return peer;
  }

  get socket(): string {
    return join(this.#folder, 'run', 'filter.sock');
  }

  /** /proc/<pid>/status of the agent: `nsenter` and `setpriv` end in it. */
  agentStatus(): Promise<string> {
    return readFile(`/proc/${this.#agent.pid}/status`, 'utf8');
  }

  async restartAgent(): Promise<void> {
    const ended = new Promise((resolve) => this.#agent.once('exit', resolve));
    this.#agent.kill();
    await ended;
    this.#agent = await startAgent(`${this.#tag}h`, this.region, this.#folder);
  }

  /** Runs a command on the simulated host. */
  async exec(command: string, ...args: string[]): Promise<string> {
    return (await run('nsenter', [inside(`${this.#tag}h`), command, ...args])).stdout;
  }

  /** Starts a program on the simulated host that ends with the lab. */
  start(command: string, ...args: string[]): ChildProcessWithoutNullStreams {
    const child = spawn('nsenter', [inside(`${this.#tag}h`), command, ...args]);
    this.#children.push(child);
    return child;
  }

  async bridge(name: string, cidr: string, gateway: string): Promise<FilterBridge> {
    const host = `${this.#tag}h`;
    await run('ip', ['-n', host, 'link', 'add', name, 'type', 'bridge']);
    await run('ip', ['-n', host, 'address', 'add', `${gateway}/${cidr.split('/')[1]}`, 'dev', name]);
    await run('ip', ['-n', host, 'link', 'set', name, 'up']);
    return { name, cidr, gateway };
  }

  /** An instance on a bridge with the address the filter will be told; its port is made, not yet allowed anything. */
  async instance(bridge: FilterBridge, address: string): Promise<LabInstance> {
    const n = ++this.#count;
    const suffix = `i${n}`;
    const namespace = `${this.#tag}${suffix}`;
    const port = `${portPrefix(this.region)}${n.toString(16).padStart(10, '0')}`;
    const mac = `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
    await run('ip', ['netns', 'add', namespace]);
    this.#namespaces.push(namespace);
    const host = `${this.#tag}h`;
    await run('ip', [
      '-n',
      host,
      'link',
      'add',
      port,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      namespace,
    ]);
    await run('ip', ['-n', host, 'link', 'set', port, 'master', bridge.name, 'up']);
    await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    await run('ip', ['-n', namespace, 'link', 'set', 'eth0', 'address', mac, 'up']);
    await run('ip', [
      '-n',
      namespace,
      'address',
      'add',
      `${address}/${bridge.cidr.split('/')[1]}`,
      'dev',
      'eth0',
    ]);
    await run('ip', ['-n', namespace, 'route', 'add', 'default', 'via', bridge.gateway]);
    return {
      endpoint: { port, mac, address, bridge: bridge.name },
      peer: this.#peer(suffix),
      exec: async (command, ...args) => (await run('nsenter', [inside(namespace), command, ...args])).stdout,
    };
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.stop();
    for (const child of [this.#agent, ...this.#children]) child.kill();
    for (const namespace of this.#namespaces) await run('ip', ['netns', 'delete', namespace]);
    await rm(this.#folder, { recursive: true });
  }
}

async function startAgent(
  host: string,
  region: string,
  folder: string,
): Promise<ChildProcessWithoutNullStreams> {
  const { command, args } = agentCommand({
    node: process.execPath,
    region,
    socket: join(folder, 'run', 'filter.sock'),
    state: join(folder, 'state'),
    gid: process.getegid?.() ?? 0,
  });
  const agent = spawn('nsenter', [inside(host), command, ...args]);
  agent.stderr.pipe(process.stderr);
  await new Promise<void>((resolve, reject) => {
    agent.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
    createInterface({ input: agent.stdout }).once('line', () => resolve());
  });
  return agent;
}

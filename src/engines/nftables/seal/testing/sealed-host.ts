/**
 * A host of its own with a wire to the outside, both network namespaces, and an agent in a region's control group: for real packets against the seal,
 * without touching this machine's network. Needs root. Tests only.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type FilterClient, filterClient, type SealClient, sealClient } from '../../client.ts';
import { agentCommand } from '../../spawn.ts';
import { makeControlGroup, removeControlGroups } from '../control-group.ts';

const run = promisify(execFile);

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export class SealedHost {
  static readonly address = '198.51.100.1';
  static readonly outside = '198.51.100.2';
  static readonly outside6 = '2001:db8:51::2';
  readonly region: string;
  readonly filter: FilterClient;
  readonly seal: SealClient;
  readonly #folder: string;
  readonly #options: { readonly observes: boolean };
  #agent: ChildProcessWithoutNullStreams | undefined;
  readonly #children: ChildProcessWithoutNullStreams[] = [];
  readonly #instances: string[] = [];

  private constructor(region: string, folder: string, options: { readonly observes: boolean }) {
    this.region = region;
    this.#folder = folder;
    this.#options = options;
    this.filter = filterClient(join(folder, 'run', 's'));
    this.seal = sealClient(join(folder, 'run', 's'));
  }

  static async open(tag: string, options = { observes: false }): Promise<SealedHost> {
    const region = `${tag}-${process.pid}`;
    const folder = await mkdtemp(join(tmpdir(), `${tag}-`));
    for (const name of ['run', 'state']) await mkdir(join(folder, name), { mode: 0o750 });
    await chmod(folder, 0o755);
    const host = new SealedHost(region, folder, options);
    for (const name of [host.#host, host.#outside]) {
      await run('ip', ['netns', 'add', name]);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    await host.wire('up0', SealedHost.address, SealedHost.outside, SealedHost.outside6);
    await host.root('ip', 'route', 'add', 'default', 'via', SealedHost.outside);
    await host.startAgent();
    return host;
  }

  get #host(): string {
    return `${this.region}h`;
  }

  get #outside(): string {
    return `${this.region}o`;
  }

  /** A wire to the outside: an interface of the host, with an address on either side. */
  async wire(name: string, own: string, other: string, other6?: string): Promise<void> {
    await run('ip', [
      '-n',
      this.#host,
      'link',
      'add',
      name,
      'type',
      'veth',
      'peer',
      'name',
      name,
      'netns',
      this.#outside,
    ]);
    const sides = [
      [this.#host, `${own}/24`, other6?.replace(/2$/, '1')],
      [this.#outside, `${other}/24`, other6],
    ] as const;
    for (const [where, address, address6] of sides) {
      await run('ip', ['-n', where, 'address', 'add', address, 'dev', name]);
      if (address6 !== undefined)
        await run('ip', ['-n', where, 'address', 'add', `${address6}/64`, 'dev', name, 'nodad']);
      await run('ip', ['-n', where, 'link', 'set', name, 'up']);
    }
  }

  async startAgent(): Promise<void> {
    const { command, args } = agentCommand({
      node: process.execPath,
      region: this.region,
      socket: join(this.#folder, 'run', 's'),
      state: join(this.#folder, 'state'),
      gid: process.getegid?.() ?? 0,
      sealObserves: this.#options.observes,
    });
    this.#agent = this.#start('firewall', command, args);
    this.#agent.stderr.pipe(process.stderr);
    await once(createInterface({ input: this.#agent.stdout }), 'line');
  }

  async stopAgent(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const ended = this.#agent && once(this.#agent, 'exit');
    this.#agent?.kill(signal);
    await ended;
  }

  /** As the machine's administrator, who is in no control group of the region. Throws when it fails. */
  async root(command: string, ...args: readonly string[]): Promise<string> {
    return (await run('nsenter', [`--net=/run/netns/${this.#host}`, '--', command, ...args])).stdout;
  }

  /** As the administrator, whatever it answers. */
  tryRoot(command: string, ...args: readonly string[]): Promise<Outcome> {
    return this.#outcome(spawn('nsenter', [`--net=/run/netns/${this.#host}`, '--', command, ...args]));
  }

  /** As one of the region's processes, whatever it answers. */
  asProcess(name: string, command: string, ...args: readonly string[]): Promise<Outcome> {
    return this.#outcome(this.#start(name, command, args));
  }

  /** A server outside that answers every TCP connection, and echoes every datagram; resolves when it listens. */
  serveOutside(port: number): Promise<void> {
    return this.#serve(this.#start(undefined, process.execPath, ['-e', SERVER, `${port}`], this.#outside));
  }

  /** The same, as a process of the region. */
  serveAs(name: string, port: number): Promise<void> {
    return this.#serve(this.#start(name, process.execPath, ['-e', SERVER, `${port}`]));
  }

  /** Keeps a program running as one of the region's processes. */
  keepAs(name: string, command: string, ...args: readonly string[]): void {
    this.#children.push(this.#start(name, command, args));
  }

  /** Keeps a program running outside. */
  async runOutside(command: string, ...args: readonly string[]): Promise<void> {
    this.#children.push(this.#start(undefined, command, args, this.#outside));
  }

  /** Resolves when that is so; throws when it is not within half a minute. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (await isSo()) return;
      await sleep(100);
    }
    throw new Error('it never came to that');
  }

  /** A caller from outside, whatever it meets. */
  fromOutside(command: string, ...args: readonly string[]): Promise<Outcome> {
    return this.#outcome(spawn('nsenter', [`--net=/run/netns/${this.#outside}`, '--', command, ...args]));
  }

  /** An instance: a namespace on a bridge of the host, behind a port of that name. */
  async instance(
    name: string,
    port: string,
    bridge: string,
    mac: string,
    address: string,
    gateway: string,
  ): Promise<void> {
    const inside = `${this.region}${name}`;
    await run('ip', ['netns', 'add', inside]);
    this.#instances.push(inside);
    await run('ip', [
      '-n',
      this.#host,
      'link',
      'add',
      port,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      inside,
    ]);
    await run('ip', ['-n', this.#host, 'link', 'set', port, 'master', bridge, 'up']);
    await run('ip', ['-n', inside, 'link', 'set', 'eth0', 'address', mac, 'up']);
    await run('ip', ['-n', inside, 'address', 'add', address, 'dev', 'eth0']);
    await run('ip', ['-n', inside, 'route', 'add', 'default', 'via', gateway]);
  }

  /** In an instance, whatever it answers. */
  inInstance(name: string, command: string, ...args: readonly string[]): Promise<Outcome> {
    return this.#outcome(
      spawn('nsenter', [`--net=/run/netns/${this.region}${name}`, '--', command, ...args]),
    );
  }

  async #serve(child: ChildProcessWithoutNullStreams): Promise<void> {
    this.#children.push(child);
    child.stderr.pipe(process.stderr);
    await once(child.stdout, 'data');
  }

  #start(
    process: string | undefined,
    command: string,
    args: readonly string[],
    namespace: string = this.#host,
  ): ChildProcessWithoutNullStreams {
    const folder = process === undefined ? undefined : makeControlGroup(this.region, process);
    const enter = folder === undefined ? '' : `echo $$ > ${folder}/cgroup.procs && `;
    const script = `${enter}exec nsenter --net=/run/netns/${namespace} -- "$@"`;
    return spawn('sh', ['-c', script, 'sh', command, ...args]);
  }

  async #outcome(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 1, output };
  }

  async close(): Promise<void> {
    await this.stopAgent();
    for (const child of this.#children) {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    for (const name of [this.#host, this.#outside, ...this.#instances])
      await run('ip', ['netns', 'delete', name]);
    removeControlGroups(this.region);
    await rm(this.#folder, { recursive: true });
  }
}

const SERVER = `
const port = Number(process.argv[1]);
const udp = require('dgram').createSocket('udp6');
udp.on('message', (m, from) => udp.send(m, from.port, from.address));
udp.bind(port, '::', () => require('net').createServer((s) => s.on('error', () => {}).end('hello\\n')).listen(port, '::', () => console.log('ready')));
`;

/** Ends well when a TCP connection is made. */
export const dials = (address: string, port: number): string[] => [
  process.execPath,
  '-e',
  `const s=require('net').connect({host:'${address}',port:${port}});s.setTimeout(1000,()=>{console.log('silence');process.exit(3)});` +
    `s.on('data',()=>process.exit(0));s.on('error',(e)=>{console.log(e.code);process.exit(4)})`,
];

/** Ends well when a datagram is answered. */
export const sends = (address: string, port: number): string[] => [
  process.execPath,
  '-e',
  `const s=require('dgram').createSocket('udp${address.includes(':') ? 6 : 4}');setTimeout(()=>{console.log('silence');process.exit(3)},1000);` +
    `s.on('message',()=>process.exit(0));s.on('error',(e)=>{console.log(e.code);process.exit(4)});s.send('x',${port},'${address}',(e)=>{if(e){console.log(e.code);process.exit(4)}})`,
];

/**
 * A Debian with nothing installed: a minbase root made by debootstrap from the mirror that this machine uses, with processes, mounts
 * and a network of its own, which all go with it; it reaches out through the machine's. It shares the machine's kernel. Needs root, and a
 * mirror. For tests only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AptSource, parseAptSources } from '#region/install/apt-sources.ts';
import { readOperatingSystem } from '#region/install/debian.ts';
import { type CommandOptions, type CommandResult, output, runCommand, untilFirstWord } from './command.ts';

export type Release = 'bookworm' | 'trixie';

/** What a person would have set up so that the machine reaches its mirrors at all. */
const REACH: readonly string[] = ['/etc/resolv.conf', '/etc/hosts'];
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * In mount and process namespaces of its own: the root becomes the only file system there is. Says ready, buries
 * orphans as process 1 must (bash does), and waits to be let go.
 */
const BOOT = `
set -eu
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mkdir old
pivot_root . old
umount -l /old
rmdir /old
echo ready
read -r _ || true
`;

export interface BareDebian {
  /** Its root, seen from outside. */
  readonly root: string;
  /** Where this machine reaches it. */
  readonly address: string;
  /** Runs a program inside, in an environment that says nothing of the machine around it. */
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Ends every process in it, then removes it. */
  close(): Promise<void>;
}

/** Makes one of `release`; takes half a minute. `parent` is where its root goes: a disk, not memory. */
export async function makeBareDebian(release: Release, parent: string = tmpdir()): Promise<BareDebian> {
  const folder = mkdtempSync(join(parent, `bare-${release}-`));
  const root = join(folder, 'root');
  const sources = mirrorsFor(release);
  const [mirror] = sources;
  if (mirror === undefined) throw new Error('apt names no Debian mirror on this machine');
  try {
    const made = runCommand('debootstrap', ['--variant=minbase', release, root, mirror.uri]);
    await output(made, `debootstrap ${release}`);
    configure(root, sources);
    return await boot(folder, root);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The machine's own mirrors, asked for `release` instead: its main suite first. Without backports, as Debian installs itself. */
function mirrorsFor(release: Release): AptSource[] {
  const { codename } = readOperatingSystem();
  const files = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*')];
  return files
    .filter((path) => existsSync(path))
    .flatMap((path) => parseAptSources(path, readFileSync(path, 'utf8')))
    .filter(({ suite }) => [codename, `${codename}-updates`, `${codename}-security`].includes(suite))
    .map((source) => ({ ...source, suite: source.suite.replace(codename, release), components: ['main'] }))
    .toSorted((a, b) => a.suite.length - b.suite.length);
}

function configure(root: string, sources: readonly AptSource[]): void {
  const lines = sources.map(({ uri, suite }) => `deb ${uri} ${suite} main\n`);
  writeFileSync(join(root, 'etc/apt/sources.list'), lines.join(''));
  for (const path of [...REACH, ...globSync('/etc/apt/apt.conf.d/99*')]) {
    cpSync(path, join(root, path), { dereference: true });
  }
  // A site with certificate authorities of its own gives them to every machine.
  const local = '/usr/local/share/ca-certificates';
  if (existsSync(local)) cpSync(local, join(root, local), { recursive: true });
  mkdirSync(join(root, 'etc/casemate-test'));
  cpSync(AUTHORITIES, join(root, 'etc/casemate-test/authorities.pem'), { dereference: true });
}

async function boot(folder: string, root: string): Promise<BareDebian> {
  const registry = (await output(runCommand('npm', ['config', 'get', 'registry']), 'npm config')).trim();
  const environment = {
    HOME: '/root',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    npm_config_registry: registry,
    npm_config_cafile: '/etc/casemate-test/authorities.pem',
  };
  const holder = spawn(
    'unshare',
    [
      '--net',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount',
      '--propagation',
      'private',
      '--',
      'bash',
      '-c',
      BOOT,
      'bash',
      root,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  await untilFirstWord(holder, 'the bare machine');
  const first = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim();
  if (first === '') throw new Error('the bare machine ended as soon as it began');
  const { address, unlink } = await linkOut(Number(first));
  return {
    root,
    address,
    run(command, args, { env, cwd, ...options } = {}) {
      const settings = Object.entries({ ...environment, ...env }).map(([name, value]) => `${name}=${value}`);
      const enter = [`--target=${first}`, '--net', '--pid', '--mount', '--root', `--wdns=${cwd ?? '/root'}`];
      return runCommand('nsenter', [...enter, '--', 'env', '-i', ...settings, command, ...args], options);
    },
    async close() {
      const ended = once(holder, 'exit');
      holder.stdin.end();
      await ended;
      await unlink();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of 10.213.0.0/16, a /30 for each link, by the process behind it. */
const LINKS_MAX = 16_384;

/** Gives the network of a process a way out through this machine's: a link, a route, and addresses translated. `unlink` takes it away. */
async function linkOut(
  pid: number,
): Promise<{ readonly address: string; readonly unlink: () => Promise<void> }> {
  const first = (pid % LINKS_MAX) * 4;
  const address = (host: number) => `10.213.${first >> 8}.${(first & 255) + host}`;
  const link = `bare${pid}`;
  const table = `bare_debian_${pid}`;
  const say = async (command: string, ...args: string[]) =>
    void (await output(runCommand(command, args), `${command} ${args.join(' ')}`));
  const inside = (...args: string[]) => say('nsenter', `--target=${pid}`, '--net', '--', 'ip', ...args);
  await say('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  await say('ip', 'address', 'add', `${address(1)}/30`, 'dev', link);
  await say('ip', 'link', 'set', link, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${address(2)}/30`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', address(1));
  await say('sysctl', '--quiet', 'net.ipv4.ip_forward=1');
  const rules = `add table ip ${table}
    add chain ip ${table} out { type nat hook postrouting priority srcnat; }
    add rule ip ${table} out ip saddr ${address(0)}/30 masquerade
`;
  await output(runCommand('nft', ['-f', '-'], { input: rules }), 'nft');
  // The link goes with the network behind it.
  return { address: address(2), unlink: () => say('nft', 'delete', 'table', 'ip', table) };
}

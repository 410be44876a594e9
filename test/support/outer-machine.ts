/**
 * A Debian 13 with a kernel of its own, in which virtual machines can be run: made of Debian packages, and started by Debian's QEMU. Where this machine's
 * processor can nest virtualization it uses that; elsewhere QEMU emulates an AMD processor that can, some thirty times slower. Needs root, a mirror, 8 GB of disk,
 * and 11 GB of memory. For tests only.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { sleep, systemClock } from '#kernel/clock.ts';
import { PACKAGES } from '#region/install/packages.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { makeBareDebian } from './bare-debian.ts';
import { type CommandOptions, type CommandResult, output, runCommand } from './command.ts';
import { mendQemu } from './mended-qemu.ts';

/** Where the checkout is in it. */
export const CLONE = '/root/casemate';
const PLACE = '/var/tmp';
/** What a machine has that a bare root lacks, beside what Casemate itself asks for. */
const OF_A_MACHINE: readonly string[] = [
  'linux-image-amd64',
  'initramfs-tools',
  'systemd-sysv',
  'udev',
  'dbus',
  'openssh-server',
  'libatomic1',
];
/** Within the machine that QEMU runs in. */
const SSH_PORT = 2222;
const QEMU = 'qemu-system-x86_64';
const MENDED = `${QEMU}-mended`;
const DISK_BYTES = 24 * 2 ** 30;
const MEMORY = '10G';
const LIFE_LIMIT_MS = 3 * 3600_000;
const BOOT_LIMIT_MS = 10 * 60_000;
/** Characters. */
const CONSOLE_SHOWN = 4_000;
const BOOT_EVERY_MS = 1_000;

export interface OuterMachine {
  /** `kvm`, or `emulation`. */
  readonly by: string;
  /** Runs a command line in it as root. */
  run(script: string, options?: CommandOptions): Promise<CommandResult>;
  /** Makes a port of its 127.0.0.1 the same port of this machine's. */
  forward(port: number): Promise<void>;
  /**
   * To be called before it runs machines. An emulated one is started again with one processor: with a thread for each of two, the host's
   * kernel ended within minutes of a machine (docs/compute.md). Everything else is faster on two.
   */
  prepareForMachines(): Promise<void>;
  /** Rejects with the last words of its console when it ends by itself. */
  readonly died: Promise<never>;
  close(): Promise<void>;
}

/** Resolves when it has started and can be reached. `report` hears what takes long. */
export async function makeOuterMachine(report: (line: string) => void): Promise<OuterMachine> {
  const debian = await makeBareDebian('trixie', PLACE);
  const { root } = debian;
  const own = mkdtempSync(join(PLACE, 'outer-'));
  let qemu: Promise<unknown> = Promise.resolve();
  let isExpected = false;
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => {});
  let hasDied = false;
  const close = async () => {
    isExpected = true;
    await debian.close(); // QEMU with it
    await qemu;
    rmSync(own, { recursive: true, force: true });
  };
  try {
    await install(debian);
    report('packages installed');
    copyProgram(root);
    const at = { cwd: CLONE, limit_ms: 20 * 60_000 };
    for (const recipe of ['debian', 'debian-machine']) {
      const build = debian.run(`${CLONE}/content/${recipe}/build.sh`, ['/var/cache/casemate'], at);
      await output(build, `content/${recipe}/build.sh`);
      report(`base image of content/${recipe} built`);
    }
    const key = join(own, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    configure(root, readFileSync(`${key}.pub`, 'utf8'));
    makeDisk(root, own);
    const isNested = canNest();
    if (!isNested) mendQemu(join(root, 'usr/bin', QEMU), join(root, 'usr/bin', MENDED));
    const lastWords = () => {
      const path = join(root, 'vm/console');
      return existsSync(path) ? readFileSync(path, 'utf8').slice(-CONSOLE_SHOWN) : '';
    };
    const start = (processors: number) => {
      const [program, options] = [isNested ? QEMU : MENDED, qemuOptions(root, isNested, processors)];
      isExpected = false;
      qemu = debian
        .run('nice', ['-n', '10', program, ...options], { limit_ms: LIFE_LIMIT_MS })
        .then((how) => {
          if (isExpected) return;
          hasDied = true;
          end.reject(new Error(`the outer machine ended: ${JSON.stringify(how)}\n${lastWords()}`));
        });
    };
    const ssh = [
      ...['-q', '-i', key, '-p', String(SSH_PORT), '-o', 'StrictHostKeyChecking=no'],
      ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=60'],
    ];
    const target = `root@${debian.address}`;
    const run = (script: string, options?: CommandOptions) =>
      runCommand('ssh', [...ssh, target, script], options);
    const started = async () => {
      const deadline_ms = systemClock.now() + BOOT_LIMIT_MS;
      while ((await run('systemctl is-system-running --wait')).code !== 0) {
        if (hasDied) await end.promise;
        if (systemClock.now() > deadline_ms)
          throw new Error(`the outer machine did not start\n${lastWords()}`);
        await sleep(systemClock, BOOT_EVERY_MS);
      }
    };
    start(2);
    await started();
    report('started');
    return {
      by: isNested ? 'kvm' : 'emulation',
      run,
      died: end.promise,
      prepareForMachines: async () => {
        if (isNested) return;
        isExpected = true;
        await run('systemctl poweroff');
        await qemu;
        start(1);
        await started();
        report('started again, with one processor');
      },
      forward: async (port) => {
        const where = `127.0.0.1:${port}:127.0.0.1:${port}`;
        await output(runCommand('ssh', [...ssh, '-N', '-f', '-L', where, target]), 'ssh -L');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function install({ root, run }: Awaited<ReturnType<typeof makeBareDebian>>): Promise<void> {
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  mkdirSync(join(root, 'etc/postgresql-common/createcluster.d'), { recursive: true });
  writeFileSync(
    join(root, 'etc/postgresql-common/createcluster.d/test.conf'),
    'create_main_cluster = false\n',
  );
  // Casemate's own list, and nothing besides that a virtual machine could need: so the list is seen to be whole.
  const names = [...OF_A_MACHINE, ...PACKAGES.map(({ name }) => name)];
  const script =
    'export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"';
  await output(run('bash', ['-c', script, 'bash', ...names], { limit_ms: 20 * 60_000 }), 'apt-get');
  rmSync(join(root, 'usr/sbin/policy-rc.d'));
}

function copyProgram(root: string): void {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', PROGRAM_FOLDER, join(root, CLONE)]);
  // The console as it is built here, too: there it would take half an hour.
  for (const made of ['node_modules', 'console/dist']) {
    cpSync(join(PROGRAM_FOLDER, made), join(root, CLONE, made), { recursive: true, verbatimSymlinks: true });
  }
}

function configure(root: string, publicKey: string): void {
  const write = (path: string, text: string, mode = 0o644) => writeFileSync(join(root, path), text, { mode });
  mkdirSync(join(root, 'root/.ssh'), { recursive: true, mode: 0o700 });
  write('root/.ssh/authorized_keys', publicKey, 0o600);
  write('etc/hostname', 'outer\n');
  write('etc/fstab', '/dev/vda / ext4 defaults,noatime 0 1\n');
  mkdirSync(join(root, 'etc/systemd/network'), { recursive: true });
  write('etc/systemd/network/10-out.network', '[Match]\nDriver=virtio_net\n[Network]\nDHCP=ipv4\n');
  const enabled = ['systemd-networkd.service', 'ssh.service'];
  // Nobody else starts an Incus or a PostgreSQL.
  const disabled = ['incus.service', 'incus.socket', 'incus-startup.service', 'incus-user.socket'];
  const systemctl = (verb: string, units: readonly string[]) =>
    execFileSync('systemctl', [`--root=${root}`, '--quiet', verb, ...units]);
  systemctl('enable', enabled);
  systemctl('disable', [...disabled, 'postgresql.service', 'apt-daily.timer', 'apt-daily-upgrade.timer']);
  systemctl('mask', ['systemd-networkd-wait-online.service']);
  write('etc/systemd/system/virtualization.service', MODPROBE);
  systemctl('enable', ['virtualization.service']);
}

/** Each processor has one of the two. */
const MODPROBE = `[Unit]
Before=ssh.service
[Service]
Type=oneshot
ExecStart=-/usr/sbin/modprobe kvm_amd
ExecStart=-/usr/sbin/modprobe kvm_intel
ExecStart=/usr/sbin/modprobe vhost_vsock
[Install]
WantedBy=multi-user.target
`;

function makeDisk(root: string, own: string): void {
  const resolver = join(root, 'etc/resolv.conf');
  const ofThisMachine = readFileSync(resolver, 'utf8');
  writeFileSync(resolver, 'nameserver 10.0.2.3\n'); // QEMU's own
  const disk = join(own, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, DISK_BYTES);
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-d', root, disk], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  writeFileSync(resolver, ofThisMachine);
  mkdirSync(join(root, 'vm'));
  renameSync(disk, join(root, 'vm/disk'));
}

function canNest(): boolean {
  const isOn = globSync('/sys/module/kvm_{intel,amd}/parameters/nested').some((path) =>
    /^[Y1]/.test(readFileSync(path, 'utf8')),
  );
  return existsSync('/dev/kvm') && isOn;
}

function qemuOptions(root: string, isNested: boolean, processors: number): readonly string[] {
  const [kernel = ''] = globSync(join(root, 'boot/vmlinuz-*'));
  const [initrd = ''] = globSync(join(root, 'boot/initrd.img-*'));
  const processor = isNested
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'max,-la57'];
  return [
    ...[
      ...processor,
      '-machine',
      'q35',
      '-smp',
      String(processors),
      '-m',
      MEMORY,
      '-nodefaults',
      '-display',
      'none',
    ],
    ...['-serial', 'file:/vm/console', '-no-reboot'],
    ...['-kernel', `/boot/${basename(kernel)}`, '-initrd', `/boot/${basename(initrd)}`],
    ...[
      '-append',
      'root=/dev/vda rw console=ttyS0 mitigations=off transparent_hugepage=never net.ifnames=0 audit=0 quiet',
    ],
    ...['-drive', 'file=/vm/disk,format=raw,if=virtio,cache=unsafe,discard=unmap'],
    ...['-netdev', `user,id=out,hostfwd=tcp:0.0.0.0:${SSH_PORT}-:22`],
    ...['-device', 'virtio-net-pci,netdev=out', '-device', 'virtio-rng-pci'],
  ];
}

/**
 * Carries out an install plan with apt: quietly, without recommended packages, and without letting a package start
 * services of its own, because the region runs private copies of them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { formatDeb822, parseAptSources } from './apt-sources.ts';
import { readOperatingSystem } from './debian.ts';
import type { RequiredPackage } from './packages.ts';
import { aptSteps, type InstallPlan, type MachineFacts, planInstall, type Shortcoming } from './plan.ts';

const SOURCE_FILE = '/etc/apt/sources.list.d/casemate-backports.sources';
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const CLUSTER_SETTINGS = '/etc/postgresql-common/createcluster.d';
const OUTPUT_KEPT_LINES = 40;

export type Report = (line: string) => void;

/** Installs what is missing of `required`; returns what could not be, and what does not work without it. */
export async function installPackages(
  required: readonly RequiredPackage[],
  report: Report,
): Promise<readonly Shortcoming[]> {
  const plan = planInstall(required, readMachine());
  if (plan.install.length > 0) await applyPlan(plan, report);
  return plan.shortcomings;
}

/** What of packages is here. Looks each time that it is asked. */
export const packagesHere = {
  isPresent: ({ files }: Pick<RequiredPackage, 'files'>): boolean =>
    files.some((pattern) => globSync(pattern).length > 0),
  get hasVirtualization(): boolean {
    return hasVirtualization();
  },
};

function readMachine(): MachineFacts {
  return {
    system: readOperatingSystem(),
    isRoot: process.getuid?.() === 0,
    get sources() {
      const folder = '/etc/apt/sources.list.d';
      const files = existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [];
      return ['/etc/apt/sources.list', ...files]
        .filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))
        .flatMap((path) => parseAptSources(path, readFileSync(path, 'utf8')));
    },
    isPresent: packagesHere.isPresent,
    get hasVirtualization() {
      return packagesHere.hasVirtualization;
    },
  };
}

/** Incus needs both devices; the second one's module may not be loaded yet. */
function hasVirtualization(): boolean {
  if (!existsSync('/dev/kvm')) return false;
  if (!existsSync('/dev/vhost-vsock')) spawnSync('modprobe', ['--quiet', 'vhost_vsock'], { stdio: 'ignore' });
  return existsSync('/dev/vhost-vsock');
}

async function applyPlan(plan: InstallPlan, report: Report): Promise<void> {
  const names = plan.install.map((item) => item.name);
  report(`installing Debian packages: ${names.join(', ')}`);
  if (plan.addSource !== undefined) {
    report(`adding ${plan.addSource.suite} of ${plan.addSource.uri} to apt's sources (${SOURCE_FILE})`);
    const comment = 'Added by casemate up: Incus for this release of Debian. Safe to delete afterwards.';
    await writeFile(SOURCE_FILE, formatDeb822(plan.addSource, comment));
  }
  const release = await holdServices();
  try {
    await apt(['update'], report);
    for (const step of aptSteps(plan)) {
      await apt(['install', '-y', '--no-install-recommends', ...step], report);
    }
  } finally {
    await release();
  }
  await disableUnits(plan.install.flatMap((item) => item.units ?? []));
}

/**
 * Keeps packages from starting services while they are set up: policy-rc.d answers 101 (forbidden) to every request,
 * and postgresql-common is told not to make its default cluster. Returns what takes it back.
 */
async function holdServices(): Promise<() => Promise<void>> {
  const made: string[] = [];
  if (!existsSync(POLICY_FILE)) {
    await writeFile(
      POLICY_FILE,
      '#!/bin/sh\n# casemate up removes this when its installation ends.\nexit 101\n',
    );
    await chmod(POLICY_FILE, 0o755);
    made.push(POLICY_FILE);
  }
  const hasDatabase = globSync('/usr/lib/postgresql/*/bin/postgres').length > 0;
  if (!hasDatabase) {
    await mkdir(CLUSTER_SETTINGS, { recursive: true });
    const settings = `${CLUSTER_SETTINGS}/casemate.conf`;
    await writeFile(settings, 'create_main_cluster = false\n');
    made.push(settings);
  }
  return async () => {
    for (const path of made) await rm(path, { force: true });
  };
}

/** Under systemd, keeps the system-wide copies of what we just installed from starting at the next boot. */
async function disableUnits(units: readonly string[]): Promise<void> {
  if (units.length === 0 || !existsSync('/usr/bin/systemctl')) return;
  const present = units.filter((unit) => existsSync(`/usr/lib/systemd/system/${unit}`));
  if (present.length > 0) await run('systemctl', ['--quiet', 'disable', ...present], () => {});
}

async function apt(args: readonly string[], report: Report): Promise<void> {
  // -q and no pseudo-terminal: plain lines that make sense in a log. Waits for another apt instead of failing.
  const options = ['-q', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
  await run('apt-get', [...options, ...args], (line) => {
    if (/^(Need to get|Fetched|Setting up|Err:|E:|W:)/.test(line)) report(`  ${line}`);
  });
}

async function run(command: string, args: readonly string[], onLine: Report): Promise<void> {
  const kept: string[] = [];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      kept.push(line);
      if (kept.length > OUTPUT_KEPT_LINES) kept.shift();
      onLine(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed (exit ${code}):\n${kept.join('\n')}`);
  }
}

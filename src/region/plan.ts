/**
 * Which processes make up this region, as data for its supervisor. Pure but for looking up which programs are installed.
 */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { agentCommand as encryptionCommand } from '#engines/fscrypt/command.ts';
import { describeIncusd, findIncusd } from '#engines/incus/daemon.ts';
import { portPrefix } from '#engines/nftables/names.ts';
import { ZONES_PROCESS } from '#engines/nftables/seal/keeper.ts';
import { agentCommand } from '#engines/nftables/spawn.ts';
import { inspectCommand } from '#gap/export/check/inspect-command.ts';
import { gapFolders } from '#gap/import/folders.ts';
import { receiverCommand } from '#gap/import/receiver/command.ts';
import { zonesCommand } from '#gap/seal/zones/command.ts';
import { archiveDefinition } from './backup/archive-definition.ts';
import type { RegionConfig } from './config/schema.ts';
import { type Account, type Accounts, isRoot } from './embedded/accounts.ts';
import { postgresDefinition } from './embedded/postgres.ts';
import { asAccount, type Command, withProgram } from './embedded/unprivileged.ts';
import { whyNoEncryption } from './engine.ts';
import { isRemote } from './external-incus.ts';
import { pingProgram } from './install/unpack.ts';
import { hsmSocket, type Layout, operatorCopy } from './layout.ts';
import { SELDOM_BUSY } from './node-flags.ts';
import { objectsDefinition } from './objects/definition.ts';
import { PROGRAM_FOLDER, programFingerprint } from './program.ts';
import { repositoriesDefinition } from './repositories.ts';
import { supervisorCommand } from './supervisor/command.ts';
import type { OnDemandDefinition, ProcessDefinition, SupervisorPlan } from './supervisor/definition.ts';
import { timeDefinition } from './time.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
// A process that only listens; on a slow machine its loading is what takes.
const AGENT_START_LIMIT_MS = 60_000;
// Loading, migrations, and a first import of the base image.
const REGION_START_LIMIT_MS = 360_000;
// A model of the largest region fits.
const FIREWALL_FLAGS = [...SELDOM_BUSY, '--max-old-space-size=64'];
const HSM_FLAGS = '--max-old-space-size=64 --max-semi-space-size=1 --v8-pool-size=0';
const HSM_AGENT = join(PROGRAM_FOLDER, 'src/engines/pkcs11/agent.ts');
const STARTER = join(PROGRAM_FOLDER, 'src/region/releases/starter.ts');
const PREPARE_INCUS = join(PROGRAM_FOLDER, 'src/region/embedded/prepare-incus.ts');
const LOCK = join(PROGRAM_FOLDER, 'src/region/embedded/lock-encrypted.ts');

export interface PlanInputs {
  readonly layout: Layout;
  readonly config: RegionConfig;
  readonly accounts: Accounts;
  /** Folder of PostgreSQL's programs; undefined when the region uses an external one. */
  readonly postgres: string | undefined;
  readonly imageCache: string;
}

export function planRegion(inputs: PlanInputs): SupervisorPlan {
  const { layout, config, accounts, postgres } = inputs;
  const processes: ProcessDefinition[] = [];
  if (postgres !== undefined) {
    processes.push(postgresDefinition(layout, accounts, postgres));
    const archive = archiveDefinition(layout, config, accounts, postgres);
    if (archive !== undefined) processes.push(archive);
  }
  if (config.incus.mode === 'embedded' && isRoot() && findIncusd() !== undefined) {
    processes.push(incusDefinition(inputs));
  }
  if (config.incus.mode !== 'none' && !isRemote(config) && isRoot())
    processes.push(firewallDefinition(inputs));
  processes.push(...hsmDefinitions(inputs));
  const time = timeDefinition(layout, config, accounts.time, inputs.imageCache);
  if (time !== undefined) processes.push(time);
  processes.push(
    regionDefinition(
      inputs,
      processes.map(({ name }) => name),
    ),
  );
  const hasFilter = processes.some(({ name }) => name === 'firewall');
  const encrypts = processes.some(({ name }) => name === 'incus') && whyNoEncryption(config) === undefined;
  const onDemand = [
    receiverDefinition(inputs),
    inspectorDefinition(inputs),
    objectsDefinition(layout, config, accounts),
    repositoriesDefinition(layout, config, accounts),
    starterDefinition(layout, accounts),
    ...(hasFilter ? [zonesDefinition(inputs)] : []),
    ...(encrypts ? [encryptionDefinition(inputs)] : []),
  ];
  const digest = createHash('sha256')
    .update(JSON.stringify({ processes, onDemand, config, program: programFingerprint() }))
    .digest('hex')
    .slice(0, 16);
  return {
    digest,
    logs: layout.logs,
    processes,
    onDemand,
    supervisor: supervisorCommand(),
    ...(isRoot() ? { controlGroups: config.id } : {}),
  };
}

/** At most one is ever needed; another may still be ending. */
const RECEIVERS_MAX = 2;
/** One request is looked into at a time; another may still be ending. */
const INSPECTORS_MAX = 2;
/** Likewise. */
const ZONES_MAX = 2;
/** Likewise. */
const STARTERS_MAX = 2;
/** Of as many organizations at once. */
const ENCRYPTION_MAX = 32;

/** Reads bundles that nobody has verified: as an account that may read the medium and write drafts. */
function receiverDefinition(inputs: PlanInputs): OnDemandDefinition {
  const { layout, accounts } = inputs;
  const program = receiverCommand({ folders: gapFolders(layout.gap), advisories: layout.advisories });
  return {
    name: 'receiver',
    socket: layout.run.receiver,
    atOnce_max: RECEIVERS_MAX,
    ...confined(inputs, accounts.receiver, program),
  };
}

/** Looks into what is to leave, which tenants give: as an account that may read nothing and write nothing. */
function inspectorDefinition(inputs: PlanInputs): OnDemandDefinition {
  const { layout, accounts } = inputs;
  return {
    name: 'inspector',
    socket: layout.run.inspector,
    atOnce_max: INSPECTORS_MAX,
    ...confined(inputs, accounts.inspector, inspectCommand()),
  };
}

/** Tries to leave from networks: as the region's account, with rights over a network namespace of its own alone, in which the agent puts ports of networks. */
function zonesDefinition({ layout, accounts, imageCache }: PlanInputs): OnDemandDefinition {
  const { uid, gid } = accounts.region;
  const program = zonesCommand({ node: process.execPath, ping: pingProgram(imageCache), uid, gid });
  return {
    name: ZONES_PROCESS,
    socket: layout.run.zones,
    gid,
    atOnce_max: ZONES_MAX,
    ...withProgram(layout.program, program),
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production' },
    cwd: '/',
  };
}

/** Begins what people agreed to (`releases/starter.ts`): as the machine's owner, for what it begins lays out programs and tells the supervisor. */
function starterDefinition(layout: Layout, { region }: Accounts): OnDemandDefinition {
  return {
    name: 'starter',
    socket: layout.run.starter,
    ...(isRoot() ? { gid: region.gid } : {}),
    atOnce_max: STARTERS_MAX,
    command: process.execPath,
    args: [STARTER, layout.data],
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production', ...compileCache() },
    cwd: '/',
  };
}

/** Opens encrypted pools: as root with one capability, in the mounts that Incus sees. One runs at a time; others wait for it. */
function encryptionDefinition({ layout, accounts }: PlanInputs): OnDemandDefinition {
  return {
    name: 'encryption',
    socket: layout.run.encryption,
    gid: accounts.region.gid,
    atOnce_max: ENCRYPTION_MAX,
    ...encryptionCommand(process.execPath, layout.encrypted),
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production', ...compileCache() },
    cwd: '/',
  };
}

/** In a network of its own without a way out; the region alone may ask for it. */
function confined({ layout, accounts }: PlanInputs, account: Account, program: Command) {
  return {
    ...(isRoot() ? { gid: accounts.region.gid } : {}),
    ...(isRoot() ? withProgram(layout.program, alone(asAccount(account, program))) : program),
    env: { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production' },
    cwd: '/',
  };
}

/** In namespaces without any interface, message queue or shared memory of others. */
const alone = ({ command, args }: Command): Command => ({
  command: 'unshare',
  args: ['--net', '--ipc', '--', command, ...args],
});

function incusDefinition({ layout, config, accounts }: PlanInputs): ProcessDefinition {
  const { env, ...description } = describeIncusd(layout.incus, accounts.region.name);
  return {
    name: 'incus',
    after: [],
    ...description,
    env: { ...env, ...compileCache() },
    prepare: {
      command: process.execPath,
      args: [PREPARE_INCUS, layout.incus, portPrefix(config.id), layout.encrypted],
    },
    atLast: { command: process.execPath, args: [LOCK, layout.encrypted] },
  };
}

const compileCache = (): Record<string, string> =>
  process.env.NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };

/** The small part that needs root: it applies firewall models to the kernel. */
function firewallDefinition({ layout, config, accounts }: PlanInputs): ProcessDefinition {
  const agent = agentCommand({
    node: process.execPath,
    flags: FIREWALL_FLAGS,
    region: config.id,
    socket: layout.run.firewall,
    state: layout.firewall,
    gid: accounts.region.gid,
    sealObserves: config.seal === 'observed',
  });
  return {
    name: 'firewall',
    ...withProgram(layout.program, agent),
    env: { PATH, LANG: 'C.UTF-8', ...compileCache() },
    cwd: '/',
    ready: { type: 'socket', path: layout.run.firewall },
    after: [],
    startLimit_ms: AGENT_START_LIMIT_MS,
    stop: { signal: 'SIGTERM', grace_ms: 10_000 },
  };
}

/** The agent of each HSM, as an account that alone reads the PIN. The region works without, but for what hangs from that HSM. */
function hsmDefinitions({ layout, config, accounts }: PlanInputs): readonly ProcessDefinition[] {
  return config.keys.hsms.map(({ name, module, token, pinFile, environment = {} }) => {
    const socket = hsmSocket(layout, name);
    const pin = pinFile === undefined ? [] : ['--pin-file', pinFile];
    const agent = {
      command: process.execPath,
      args: [HSM_AGENT, '--socket', socket, '--module', module, '--token', token, ...pin],
    };
    const own =
      isRoot() && accounts.hsm !== undefined
        ? withProgram(layout.program, asAccount(accounts.hsm, agent))
        : agent;
    return {
      name: `hsm-${name}`,
      ...own,
      env: { PATH, LANG: 'C.UTF-8', NODE_OPTIONS: HSM_FLAGS, ...environment },
      cwd: '/',
      ready: { type: 'socket', path: socket },
      after: [],
      startLimit_ms: AGENT_START_LIMIT_MS,
      stop: { signal: 'SIGTERM', grace_ms: 10_000 },
      optional: true,
    };
  });
}

/** The group that may speak to an Incus that is not our own, as Debian's incus-admin. Never root's: that would be no protection at all. */
function socketGroups({ incus }: RegionConfig): readonly number[] {
  if (incus.mode !== 'external' || incus.socket === undefined || !existsSync(incus.socket)) return [];
  const { gid } = statSync(incus.socket);
  return gid === 0 ? [] : [gid];
}

function regionDefinition(
  { layout, config, accounts, imageCache }: PlanInputs,
  before: readonly string[],
): ProcessDefinition {
  const program = {
    command: process.execPath,
    args: [
      // For `collectWhenIdle`.
      '--expose-gc',
      join(PROGRAM_FOLDER, 'src/region/process.ts'),
      '--data',
      layout.data,
      '--image-cache',
      imageCache,
      ...(before.includes('incus') || config.incus.mode === 'external' ? ['--with-incus'] : []),
      ...(before.includes('firewall') ? ['--with-filter'] : []),
      ...(before.includes('time') ? ['--with-time'] : []),
      ...(before.includes('incus') && whyNoEncryption(config) === undefined ? ['--with-encryption'] : []),
    ],
  };
  return {
    name: 'region',
    ...(isRoot()
      ? withProgram(layout.program, asAccount(accounts.region, program, socketGroups(config)))
      : program),
    env: {
      PATH,
      LANG: 'C.UTF-8',
      NODE_ENV: 'production',
      // Its own cache of compiled code: root must never run what this account could write.
      NODE_COMPILE_CACHE: layout.cache,
      // Of glibc: rather than a pool of free memory for each of its threads.
      MALLOC_ARENA_MAX: '2',
    },
    cwd: '/',
    ready: { type: 'message' },
    speaks: true,
    handsOver: [operatorCopy(layout)],
    after: before,
    startsAtOnce: true,
    startLimit_ms: REGION_START_LIMIT_MS,
    // Finishes what it serves, then ends.
    stop: { signal: 'SIGTERM', grace_ms: 20_000 },
  };
}

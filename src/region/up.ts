/**
 * Brings a region up: installs what is missing, prepares its folder, starts its supervisor and waits until all of it is
 * ready. Safe to repeat: what is there stays, what runs as it should is left running.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { gapFolders } from '#gap/import/folders.ts';
import type { Clock } from '#kernel/clock.ts';
import { prepareArchive } from './backup/archive-definition.ts';
import { placeBaseContent } from './base-content/bundle.ts';
import { ensureBaseImage } from './base-content/image.ts';
import { loadConfig, loadOrCreateConfig } from './config/load.ts';
import type { RegionConfig } from './config/schema.ts';
import { ensureAccounts, isRoot } from './embedded/accounts.ts';
import { ensureFolders } from './embedded/folders.ts';
import { prepareCluster } from './embedded/postgres.ts';
import { checkProgramReadable } from './embedded/unprivileged.ts';
import { prepareEncryption } from './engine.ts';
import { externalAddress, isRemote } from './external-incus.ts';
import { installPackages, type Report } from './install/apply.ts';
import { neededPackages } from './install/needed.ts';
import { PACKAGES } from './install/packages.ts';
import { ensureUnpacked } from './install/unpack.ts';
import { checkDataFolder, type Layout, operatorCopy } from './layout.ts';
import { checkListen } from './listen.ts';
import { copyForOwner } from './owner-copy.ts';
import { planRegion } from './plan.ts';
import type { SupervisorPlan, SupervisorStatus } from './supervisor/definition.ts';
import { launchSupervisor, stopSupervisor, supervisorStatus, waitUntilReady } from './supervisor/launch.ts';
import { leftovers } from './supervisor/leftovers.ts';
import { wantsTime } from './time.ts';
import type { Timings } from './timings.ts';

// A first start imports the base image and makes keys; a start after a crash replays the database's log.
const READY_LIMIT_MS = 480_000;

export interface UpOptions {
  readonly layout: Layout;
  /** For the first start; later ones read region.yaml. */
  readonly name: string;
  /** Written to region.yaml on the first start; must agree with it later. */
  readonly listen: string | undefined;
  readonly imageCache: string;
  readonly report: Report;
  readonly timings: Timings;
  readonly clock: Clock;
}

export interface UpResult {
  readonly config: RegionConfig;
  readonly status: SupervisorStatus;
  /** It ran already, with this configuration and this program. */
  readonly wasRunning: boolean;
  /** What does not work here, and why. */
  readonly shortcomings: readonly string[];
}

const DEFAULT_LISTEN = '127.0.0.1:6443';

export async function bringUp(options: UpOptions): Promise<UpResult> {
  const { layout, imageCache, report, timings } = options;
  checkDataFolder(layout.data);
  const shortcomings: string[] = [];
  await checkAddress(options);
  const config = await timings.measure('configuration', () => configure(options));
  if (!isRoot() && !isRemote(config)) {
    shortcomings.push(
      'not root: no instances, images, networks or firewall; the API, projects and secrets work',
    );
  }
  const missing = await timings.measure('packages', () =>
    installPackages(neededPackages(config, PACKAGES), report),
  );
  shortcomings.push(...missing.map(({ message }) => message));
  if (missing.some(({ purpose }) => purpose === 'store')) {
    throw new Error(missing.find(({ purpose }) => purpose === 'store')?.message);
  }
  if (config.incus.mode !== 'none') {
    const problem = await timings.measure('base image', () => ensureBaseImage(imageCache, report));
    if (problem !== undefined) shortcomings.push(problem);
  }
  if (wantsTime(config))
    shortcomings.push(...(await timings.measure('programs', () => ensureUnpacked(imageCache, report))));
  const accounts = await timings.measure('folders', () => {
    const hsms = config.keys.hsms.map(({ name: hsm }) => hsm);
    const found = ensureAccounts({ hsm: hsms.length > 0, time: wantsTime(config) });
    ensureFolders(layout, found, hsms);
    if (isRoot()) checkProgramReadable();
    return found;
  });
  if (config.incus.mode !== 'none') {
    const { inbox } = gapFolders(layout.gap);
    await timings.measure('base content', () => placeBaseContent(imageCache, inbox, report));
  }
  // Now, while somebody is there to read it: the region process would only note it.
  if (isRemote(config)) externalAddress(config, accounts.region);
  await prepareArchive(config, accounts);
  const running = await supervisorStatus(layout);
  const embedded = config.postgres.mode === 'embedded';
  const postgres = embedded
    ? await timings.measure('database', () => prepareCluster(layout, accounts, config))
    : undefined;
  prepareEncryption(config);
  const plan = planRegion({ layout, config, accounts, postgres, imageCache });
  const wasRunning = running?.digest === plan.digest;
  if (!wasRunning) await timings.measure('supervisor', () => start(options, config, plan, running));
  const status = await waitForAll(options);
  // The supervisor made it; somebody may have lost it since.
  copyForOwner(operatorCopy(layout));
  return {
    config,
    status,
    wasRunning,
    shortcomings: [...shortcomings, ...status.processes.flatMap(({ notes }) => notes)],
  };
}

/** At once, before a first start has taken its minutes, and before region.yaml says what cannot be. */
async function checkAddress({ layout, listen = DEFAULT_LISTEN }: UpOptions): Promise<void> {
  if (!existsSync(layout.config)) return checkListen(listen, '--listen');
  const isOurs =
    (await supervisorStatus(layout)) !== undefined || (await leftovers(layout.run.state)).length > 0;
  // Else it is looked at again when what runs has stopped.
  if (!isOurs) await checkListen((await loadConfig(layout.config)).listen, layout.config);
}

async function configure({ layout, name, listen, report }: UpOptions): Promise<RegionConfig> {
  const isFirst = !existsSync(layout.config);
  if (isFirst) {
    mkdirSync(layout.data, { recursive: true, mode: 0o711 });
    report(`new region "${name}" in ${layout.data}; its settings are in ${layout.config}`);
  }
  const config = isFirst
    ? await loadOrCreateConfig(layout.config, { name, listen: listen ?? DEFAULT_LISTEN })
    : await loadConfig(layout.config);
  if (listen !== undefined && listen !== config.listen) {
    throw new Error(
      `--listen ${listen}: ${layout.config} says ${config.listen}; change listen there, or leave --listen out`,
    );
  }
  return config;
}

async function start(
  { layout, report, clock }: UpOptions,
  config: RegionConfig,
  plan: SupervisorPlan,
  running: SupervisorStatus | undefined,
): Promise<void> {
  if (running !== undefined) report('the settings or the program changed: starting the region again');
  // Also what a killed supervisor left: it may well hold the address.
  await stopSupervisor(layout, clock);
  await checkListen(config.listen, layout.config);
  await launchSupervisor(layout, plan, clock);
}

async function waitForAll({ layout, report, timings, clock }: UpOptions): Promise<SupervisorStatus> {
  return timings.measure('ready', () =>
    waitUntilReady(layout, clock, {
      limit_ms: READY_LIMIT_MS,
      onChange({ name, state, lastFailure }) {
        if (state === 'backoff') report(`${name} ${lastFailure ?? 'failed'}; starting it again`);
      },
    }),
  );
}

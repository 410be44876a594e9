/**
 * What a release answers the one before it, which asks before anything that runs is touched: `casemate release self plan` prints the processes that it would run here. All
 * later releases must answer this (and `--check` and `--migrate` of the region process) as long as this one may be upgraded from.
 */
import { loadConfig } from '../config/load.ts';
import { ensureAccounts, isRoot } from '../embedded/accounts.ts';
import { ensureFolders } from '../embedded/folders.ts';
import { prepareCluster } from '../embedded/postgres.ts';
import { checkProgramReadable } from '../embedded/unprivileged.ts';
import { prepareEncryption } from '../engine.ts';
import type { Layout } from '../layout.ts';
import { planRegion } from '../plan.ts';
import type { SupervisorPlan } from '../supervisor/definition.ts';

/** Prepares the data folder as `up` does, and starts nothing. */
export async function planHere(layout: Layout, imageCache: string): Promise<SupervisorPlan> {
  const config = await loadConfig(layout.config);
  const hsms = config.keys.hsms.map(({ name }) => name);
  const accounts = ensureAccounts({ hsm: hsms.length > 0 });
  ensureFolders(layout, accounts, hsms);
  if (isRoot()) checkProgramReadable();
  const postgres =
    config.postgres.mode === 'embedded' ? await prepareCluster(layout, accounts, config) : undefined;
  prepareEncryption(config);
  return planRegion({ layout, config, accounts, postgres, imageCache });
}

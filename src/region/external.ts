/**
 * What a region leaves behind in engines that are not its own, taken out when it goes: its instances, projects, networks and images in
 * an Incus, its tables in a PostgreSQL. The engines, and what others keep in them, stay.
 */
import { existsSync, readFileSync } from 'node:fs';
import { connectIncus } from '#engines/incus/client.ts';
import { removeOwned } from '#engines/incus/owned.ts';
import { emptyDatabase } from '#engines/postgres/empty.ts';
import type { Clock } from '#kernel/clock.ts';
import { LABELS } from '#services/compute/names.ts';
import { parseConfig } from './config/load.ts';
import type { RegionConfig } from './config/schema.ts';
import { databaseConnection } from './database.ts';
import { externalAddress, placeOf } from './external-incus.ts';
import type { Layout } from './layout.ts';

/** Throws, with what to do, when an engine does not answer: then nothing of the region's folder is to be removed yet. */
export async function emptyExternalEngines(layout: Layout, clock: Clock): Promise<void> {
  const config = readConfig(layout);
  if (config === undefined) return;
  const { incus, postgres } = config;
  if (incus.mode === 'external') {
    await naming(`Incus at ${placeOf(config)}`, async () => {
      const client = connectIncus(externalAddress(config), clock);
      try {
        await removeOwned(client, { key: LABELS.region, value: config.id });
      } finally {
        client.close();
      }
    });
  }
  if (postgres.mode === 'external') {
    const connection = databaseConnection(layout, config);
    await naming(`the database at ${connection.host}`, () => emptyDatabase(connection));
  }
}

/** Undefined for a folder that never got so far as to have settings, or whose settings cannot name an engine of others. */
function readConfig(layout: Layout): RegionConfig | undefined {
  if (!existsSync(layout.config)) return undefined;
  const text = readFileSync(layout.config, 'utf8');
  // So that a region whose settings broke can go all the same.
  return /\bexternal\b/.test(text.replaceAll(/#.*/g, '')) ? parseConfig(text, layout.config) : undefined;
}

async function naming(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${what} still holds what is this region's, and it cannot be removed: ${message}; to leave it there, say destroy --yes --keep-external`,
      { cause: error },
    );
  }
}

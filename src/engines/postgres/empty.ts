/**
 * Takes out of a database all that migrations put there, and nothing else: for a region that goes while its database server stays.
 */
import { openPool, type PostgresConnection, transaction } from './database.ts';

/** Every table that a migration made, and where migrations are noted. */
const TABLES = [
  'realms',
  'changes',
  'objects',
  'access',
  'tile_nodes',
  'checkpoints',
  'cosigned_checkpoints',
  'wrapped_keys',
  'expiring_record_keys',
  'expiring_records',
  'pieces',
  'schema_migrations',
];

// The name that all our connections give themselves (see database.ts).
const OTHERS = `
SELECT count(*) AS count FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'casemate' AND pid <> pg_backend_pid()`;

/** Safe to repeat. Throws when the database cannot be reached, or another process of the region still uses it. */
export async function emptyDatabase(connection: PostgresConnection): Promise<void> {
  const pool = openPool(connection, () => {});
  try {
    await transaction(pool, 'BEGIN', async (client) => {
      const { rows } = await client.query<{ count: number }>(OTHERS);
      const others = rows[0]?.count ?? 0;
      if (others > 0) {
        throw new Error(
          `another process of the region still uses the database (${others} connections): stop it first`,
        );
      }
      await client.query(`DROP TABLE IF EXISTS ${TABLES.join(', ')}`);
      await client.query('DROP SEQUENCE IF EXISTS record_versions');
    });
  } finally {
    await pool.end();
  }
}

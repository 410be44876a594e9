/**
 * The region process: everything but the engines. Started by the supervisor as root, it loads its program, gives root up,
 * and only then opens anything. Tells the supervisor when all is true.
 */
import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { openRegion } from './compose.ts';
import { loadConfig } from './config/load.ts';
import { databaseConnection } from './database.ts';
import { layoutOf } from './layout.ts';
import { dropPrivileges } from './privileges.ts';
import { readProgramFiles } from './program-files.ts';

const { values } = parseArgs({
  options: { data: { type: 'string' }, 'image-cache': { type: 'string' }, user: { type: 'string' } },
});
if (values.data === undefined || values['image-cache'] === undefined) {
  throw new TypeError('usage: process.ts --data DIR --image-cache DIR [--user NAME]');
}
const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
const layout = layoutOf(values.data);
// It may hold a database password, so only root reads it.
const config = await loadConfig(layout.config);
const database = databaseConnection(layout, config);
const program = await readProgramFiles();
// The cache of compiled code belongs to root. From here on it cannot be written, and must not be.
flushCompileCache();
if (values.user !== undefined) dropPrivileges(values.user);

process.on('uncaughtException', (error) => {
  logger.fatal({ err: error }, 'a fault of ours: starting over');
  process.exit(70);
});

// The control plane's own timers keep no process alive; this does until the region is closed.
const alive = setInterval(() => {}, 2 ** 30);
const region = await openRegion({
  layout,
  config,
  database,
  program,
  imageFolder: values['image-cache'],
  logger,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    logger.info({ signal }, 'stopping');
    await region.close();
    clearInterval(alive);
    process.exit(0);
  });
}
logger.info({ region: config.name, listen: config.listen }, 'ready');
process.send?.({ ready: true, notes: region.notes });

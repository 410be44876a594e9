/**
 * The region process: everything but the engines. Runs unprivileged, started by the supervisor, which it tells when all is
 * true.
 */
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { systemClock } from '#kernel/clock.ts';
import { collectWhenIdle } from '#kernel/idle-memory.ts';
import { openRegion } from './compose.ts';
import { loadConfig } from './config/load.ts';
import { databaseConnection } from './database.ts';
import { layoutOf } from './layout.ts';
import { listenProblem } from './listen.ts';
import { answerRelease } from './releases/answer.ts';
import { tellSupervisor as tell } from './supervisor/words.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    'image-cache': { type: 'string' },
    'with-incus': { type: 'boolean' },
    'with-filter': { type: 'boolean' },
    // Asked by the release before: whether this one loads here, and that it brings the database forward.
    check: { type: 'boolean' },
    migrate: { type: 'boolean' },
    'with-time': { type: 'boolean' },
    'with-encryption': { type: 'boolean' },
  },
});
if (values.data === undefined || values['image-cache'] === undefined) {
  throw new TypeError(
    'usage: process.ts --data DIR --image-cache DIR [--with-incus] [--with-filter] [--with-time] [--with-encryption]',
  );
}
const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
const layout = layoutOf(values.data);
const config = await loadConfig(layout.config);
const database = databaseConnection(layout, config);
if (values.check === true || values.migrate === true) {
  await answerRelease({ database, migrate: values.migrate === true, clock: systemClock, logger });
  process.exit(0);
}

process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  const problem = error.syscall === 'listen' ? listenProblem(config.listen, error.code) : undefined;
  if (problem === undefined) logger.fatal({ err: error }, 'a fault of ours: starting over');
  else logger.fatal(`cannot listen on ${problem}: set listen in ${layout.config}`);
  process.exit(70);
});

// The control plane's own timers keep no process alive; this does until the region is closed.
const alive = setInterval(() => {}, 2 ** 30);
const region = await openRegion({
  layout,
  config,
  database,
  imageFolder: values['image-cache'],
  hasIncus: values['with-incus'] === true,
  hasFilter: values['with-filter'] === true,
  hasTime: values['with-time'] === true,
  hasEncryption: values['with-encryption'] === true,
  handOver: () => tell({ handOver: true }),
  // Sealed is as far as it comes by itself; so whoever starts it need not wait any longer.
  onSealed: (sealed) => tell({ ready: sealed !== undefined, sealed: sealed ?? '' }),
  onSeal: (seal) => tell({ seal }),
  logger,
});
collectWhenIdle(systemClock);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    logger.info({ signal }, 'stopping');
    await region.close();
    clearInterval(alive);
    process.exit(0);
  });
}
logger.info({ region: config.name, listen: config.listen }, 'ready');
tell({ ready: true, notes: region.notes, keys: region.keys });

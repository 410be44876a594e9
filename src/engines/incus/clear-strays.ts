/** `node clear-strays.ts FOLDER PORT_PREFIX`: run by whoever supervises the incusd in FOLDER, as root, before each of its starts. */
import { systemClock } from '#kernel/clock.ts';
import { clearStrays } from './strays.ts';

const [, , folder, portPrefix] = process.argv;
if (folder === undefined || portPrefix === undefined || portPrefix === '') {
  throw new TypeError('usage: clear-strays.ts FOLDER PORT_PREFIX');
}
// The clock's own timers keep no process alive.
const alive = setInterval(() => {}, 2 ** 30);
try {
  for (const what of await clearStrays(folder, portPrefix, systemClock)) {
    process.stdout.write(`removed what an incusd that was killed had left: ${what}\n`);
  }
} finally {
  clearInterval(alive);
}

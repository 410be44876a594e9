/**
 * `node prepare-incus.ts FOLDER PORT_PREFIX ENCRYPTED`: run as root before each start of the incusd in FOLDER. Clears away what one that was killed had left, and waits until the
 * encrypted pools are open: Incus looks again for one that it missed only once a minute. What is not open then, Incus does not find.
 */
import { wereOpened } from '#engines/fscrypt/opened.ts';
import { hideClosed, listVaults } from '#engines/fscrypt/vaults.ts';
import { clearStrays } from '#engines/incus/strays.ts';
import { sleep } from '#kernel/clock.ts';
import { wakefulClock } from '../clock.ts';

const LOOK_EVERY_MS = 20;
/** The region may wait for people who unseal it, and has instances that need no volume. */
const LIMIT_MS = 20_000;

const [, , folder, portPrefix, encrypted] = process.argv;
if (folder === undefined || portPrefix === undefined || portPrefix === '' || encrypted === undefined) {
  throw new TypeError('usage: prepare-incus.ts FOLDER PORT_PREFIX ENCRYPTED');
}
for (const what of await clearStrays(folder, portPrefix, wakefulClock)) {
  process.stdout.write(`removed what an incusd that was killed had left: ${what}\n`);
}
const locked = () => listVaults(encrypted).filter(({ isOpen }) => !isOpen);
const deadline_ms = wakefulClock.now() + LIMIT_MS;
while (locked().length > 0 && !wereOpened(encrypted)) {
  if (wakefulClock.now() >= deadline_ms) break;
  await sleep(wakefulClock, LOOK_EVERY_MS);
}
hideClosed(encrypted);
for (const { id } of locked())
  process.stdout.write(`encrypted pool ${id} is not open: its volumes are not there yet\n`);

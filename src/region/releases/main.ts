/** Drives one upgrade to its end, whoever asked for it may go: `node main.ts DATA ORDER`, started by `launch.ts` under flock(1), so that there is one at a time. */
import { wakefulClock } from '../clock.ts';
import { layoutOf } from '../layout.ts';
import { drive, type Order } from './drive.ts';

const [data, order] = process.argv.slice(2);
if (data === undefined || order === undefined) throw new TypeError('usage: main.ts DATA ORDER');
const outcome = await drive({
  layout: layoutOf(data),
  order: JSON.parse(order) as Order,
  clock: wakefulClock,
});
process.exitCode = outcome === 'Confirmed' ? 0 : 1;

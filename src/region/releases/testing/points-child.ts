/**
 * Drives an upgrade of which everything that it does to the disk, to the supervisor or to its journal is a point at which somebody may be killed:
 * `node --import journal.ts points-child.ts DATA ORDER`, with what `#gap/import/testing/journal.ts` takes from the environment.
 */
import { point } from '#gap/import/testing/journal.ts';
import { wakefulClock } from '../../clock.ts';
import { layoutOf } from '../../layout.ts';
import { drive, type Order } from '../drive.ts';
import { plainJudge } from './judge.ts';

const HOLD_MS = 20;

const [data = '', order = ''] = process.argv.slice(2);
const layout = layoutOf(data);

function observe<T extends object>(part: T): T {
  return new Proxy(part, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        point();
        const result: unknown = await value.apply(target, args);
        point();
        return result;
      };
    },
  });
}

const outcome = await drive({
  layout,
  order: JSON.parse(order) as Order,
  clock: wakefulClock,
  judge: plainJudge(layout, wakefulClock, HOLD_MS),
  observe,
  unsigned: true,
});
process.exitCode = outcome === 'Confirmed' ? 0 : 1;

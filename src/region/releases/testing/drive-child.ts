/** Drives an upgrade and kills itself before, or after, its n-th step or word: `node drive-child.ts DATA ORDER before|after|never N`. Prints how many there were. */
import { wakefulClock } from '../../clock.ts';
import { layoutOf } from '../../layout.ts';
import { drive, type Order } from '../drive.ts';
import { plainJudge } from './judge.ts';

const [data = '', order = '', when = 'never', at = '0'] = process.argv.slice(2);
const layout = layoutOf(data);
let calls = 0;

const die = () => process.kill(process.pid, 'SIGKILL');

function observe<T extends object>(part: T): T {
  return new Proxy(part, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const isIt = calls++ === Number(at);
        if (isIt && when === 'before') die();
        const result: unknown = await value.apply(target, args);
        if (isIt && when === 'after') die();
        return result;
      };
    },
  });
}

const outcome = await drive({
  layout,
  order: JSON.parse(order) as Order,
  clock: wakefulClock,
  judge: plainJudge(layout, wakefulClock, 50),
  observe,
  unsigned: true,
});
process.stdout.write(`${JSON.stringify({ outcome, calls })}\n`);

/** The process that serves objects, as far as it goes without any: it begins, says that it serves, and holds nothing. */
import { systemClock } from '#kernel/clock.ts';
import { gateClient } from '../gate/client.ts';

const gate = gateClient({
  input: process.stdin,
  output: process.stdout,
  asks: { close: () => ({ objects: 0 }), erase: () => ({ ok: true }) },
  onNews: () => {},
  clock: systemClock,
});
await gate.ask('begin', {});
await gate.ask('serves', {});
await gate.ended;
process.exit(0);

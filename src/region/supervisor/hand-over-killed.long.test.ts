// As the last test of `hand-over.test.ts`, at each step of taking over.
import { test } from 'node:test';
import { killedBefore } from './testing/other-program.ts';

test('killed anywhere while it becomes another program, it leaves all running, and the next one starts over', (t) =>
  killedBefore(t, [
    'const handOverPath =',
    'const self =',
    'const supervisor:',
    'await serveControl(',
    'await onDemand.adopt(plan);\nsupervisor.start();',
    'received.done();',
  ]));

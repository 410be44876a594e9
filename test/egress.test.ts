/** The watch on attempts to leave: it must see each one, or the air-gap test proves nothing. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseAttempt, watchEgress } from './support/egress.ts';

test('an attempt to leave a closed namespace is seen, with the process that tried', async (t) => {
  const holder = spawn('unshare', ['--net', '--', 'sh', '-c', 'ip link set lo up; echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill());
  await once(holder.stdout, 'data');
  const watch = await watchEgress('self-test', holder.pid ?? 0);
  const enter = ['--target', String(holder.pid), '--net', '--'];
  spawnSync(
    'nsenter',
    [...enter, 'bash', '-c', 'echo lost > /dev/udp/192.0.2.7/53; echo lost > /dev/tcp/198.51.100.9/443'],
    {
      stdio: 'ignore',
    },
  );
  spawnSync('nsenter', [...enter, 'bash', '-c', 'echo stays > /dev/udp/127.0.0.1/9'], { stdio: 'ignore' });
  const attempts = await watch.stop();
  assert.deepEqual(
    attempts.map(({ process, destination, port, protocol, fromInterface }) => ({
      process,
      destination,
      port,
      protocol,
      fromInterface,
    })),
    [
      { process: 'bash', destination: '192.0.2.7', port: 53, protocol: 'udp', fromInterface: undefined },
      { process: 'bash', destination: '198.51.100.9', port: 443, protocol: 'tcp', fromInterface: undefined },
    ],
  );
});

test('what the kernel sends at a timer is not laid to the process that happened to run; what an instance sends is told', () => {
  const line = (context: string, iif: number) =>
    `    kubectl.1.33-22761   [001] ..${context}2.   512.345678: fib_table_lookup: table 254 oif 0 iif ${iif} proto 6 ` +
    '192.0.2.1/6443 -> 192.0.2.2/39804 tos 0 scope 0 flags 0 ==> dev - gw 0.0.0.0/:: err -101';
  assert.equal(parseAttempt(line('.', 1))?.pid, 22761);
  assert.equal(parseAttempt(line('s', 1)), undefined);
  assert.equal(parseAttempt(line('h', 0)), undefined);
  assert.equal(parseAttempt(line('s', 7))?.fromInterface, 7);
});

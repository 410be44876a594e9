import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetrics } from './metrics.ts';

const of = (family: string, labels: string, value: number) =>
  `incus_${family}{${labels}name="c1",project="p",type="container"} ${value}`;

test('what an instance uses is summed over processors and over its own interfaces', () => {
  const text = [
    '# HELP incus_cpu_seconds_total The total number of CPU time used in seconds.',
    of('cpu_seconds_total', 'cpu="0",mode="user",', 1.5),
    of('cpu_seconds_total', 'cpu="1",mode="system",', 0.25),
    of('cpu_seconds_total', 'cpu="1",mode="idle",', 900),
    of('memory_MemAvailable_bytes', '', 2.0e8),
    of('memory_MemTotal_bytes', '', 2.68435456e8),
    of('network_receive_bytes_total', 'device="eth0",', 100),
    of('network_receive_bytes_total', 'device="eth1",', 20),
    of('network_receive_bytes_total', 'device="lo",', 7_000),
    of('network_receive_bytes_total', 'device="docker0",', 7_000),
    of('network_transmit_bytes_total', 'device="eth0",', 3),
    of('procs_total', '', 8),
    '',
  ].join('\n');
  assert.deepEqual(parseMetrics(text), [
    {
      project: 'p',
      name: 'c1',
      cpu_s: 1.75,
      memory_bytes: 68_435_456,
      received_bytes: 120,
      sent_bytes: 3,
    },
  ]);
});

test('what is not told is not there, and is not nought', () => {
  const [one] = parseMetrics(of('memory_MemTotal_bytes', '', 5));
  assert.deepEqual(Object.values(one ?? {}), ['p', 'c1', undefined, undefined, undefined, undefined]);
});

test('an interface’s name counts for nobody else, and what is no figure is passed over', () => {
  const text = [
    of('network_receive_bytes_total', 'device="eth\\",name=\\"c2",', 1),
    of('network_receive_bytes_total', 'device="eth0",name="c2",', 2),
    of('network_receive_bytes_total', 'device="eth0"} 9 {",', 4),
    of('cpu_seconds_total', '', Number.NaN),
    'incus_constructor{name="c3",project="p"} 1',
    'incus_cpu_seconds_total{name="c3"} 1',
    'nonsense',
  ].join('\n');
  assert.deepEqual(
    parseMetrics(text).map(({ name, received_bytes, cpu_s }) => ({ name, received_bytes, cpu_s })),
    [{ name: 'c1', received_bytes: 7, cpu_s: undefined }],
  );
});

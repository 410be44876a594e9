/**
 * How long a hole in the seal goes unnoticed: one look at what is in force, by the agent, and one round of attempts to leave, beside nft listing the same table alone; and from
 * those and how often the region looks, the time from a hole to its alarm at worst. On a host of its own, in network namespaces.
 */

import { sealTable } from '#engines/nftables/seal/render.ts';
import { SealedHost } from '#engines/nftables/seal/testing/sealed-host.ts';
import { LOOK_MS } from '#gap/seal/controller.ts';
import type { Measure } from './context.ts';

const FOUND_S_MAX = 60;
const SOURCE = new URL('../../src/', import.meta.url).href;
const ATTEMPTS = `
const { tryToLeave } = await import('${SOURCE}gap/seal/probe.ts');
const { ALWAYS } = await import('${SOURCE}gap/seal/targets.ts');
const { systemClock } = await import('${SOURCE}kernel/clock.ts');
const alive = setInterval(() => {}, 1000);
const started = performance.now();
await tryToLeave(ALWAYS, systemClock, 'ping');
console.log('took ' + (performance.now() - started));
clearInterval(alive);
`;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let run = 0; run < times; run++) {
    const started = performance.now();
    await work();
    took.push(performance.now() - started);
  }
  return median(took);
}

export const seal: Measure = {
  summary: 'a look whether the seal holds, and how long a hole goes unnoticed',
  async run({ quick, say }) {
    const host = await SealedHost.open('bench');
    try {
      await host.asProcess('region', 'true');
      await host.seal.apply({ format: 1, region: host.region, flows: [] });
      const runs = quick ? 5 : 25;
      say(`${runs} looks`);
      const look_ms = await timed(runs, () => host.seal.state());
      const peer_ms = await timed(runs, () =>
        host.root('nft', '-j', '-a', 'list', 'table', 'inet', sealTable(host.region)),
      );
      const args = ['--input-type=module', '--eval', ATTEMPTS];
      const { output } = await host.asProcess('region', process.execPath, ...args);
      const probes_ms = Number(/took ([0-9.]+)/.exec(output)?.[1]);
      const worst_s = (LOOK_MS + 2 * look_ms + probes_ms) / 1_000;
      return {
        name: 'seal',
        rows: [
          {
            what: 'a look at what is in force',
            value: look_ms,
            unit: 'ms',
            peer: { what: 'nft listing the same table alone', value: peer_ms },
          },
          { what: 'a round of attempts to leave', value: probes_ms, unit: 'ms', note: 'waits, mostly' },
          {
            what: 'from a hole to its alarm, at worst',
            value: worst_s,
            unit: 's',
            target: { atMost: FOUND_S_MAX },
            note: `a look every ${LOOK_MS / 1_000} s, two looks and a round of attempts`,
          },
        ],
      };
    } finally {
      await host.close();
    }
  },
};

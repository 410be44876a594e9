/** A full list of 10,000 instances: one client, then 10 at once, beside what OpenNebula publishes. */
import { join } from 'node:path';
import { makeOrganization } from '../lib/api.ts';
import { BenchRegion } from '../lib/region.ts';
import { latencyOf } from '../lib/statistics.ts';
import { expectOnly, runJob } from '../load/job.ts';
import type { Measure } from './context.ts';
import { INSTANCE } from './creates.ts';

const FULL_LIST_MS_MAX = 150;
/** https://docs.opennebula.io, “Scalability testing”: onevm list of 20,000 machines. */
const OPENNEBULA_MS = 6_360;

export const lists: Measure = {
  summary: 'a full list of 10,000 instances, alone and 10 at once',
  async run({ quick, profile, say }) {
    const instances = quick ? 1_000 : 10_000;
    const rounds = quick ? 20 : 100;
    const region = await BenchRegion.make();
    try {
      await region.start();
      const organization = await makeOrganization(region.operator, 'bench');
      await region.stop();
      await region.start({
        controllers: false,
        ...(profile === undefined ? {} : { profile: join(profile, 'list.cpuprofile') }),
      });
      const path = '/apis/compute.casemate.internal/v1/namespaces/default/instances';
      const common = { targets: [organization], duration_ms: 600_000 };
      expectOnly(
        await runJob({ ...common, clients: 100, requests: instances, method: 'POST', path, body: INSTANCE }),
        201,
      );
      say(`${instances} instances made`);
      const get = { ...common, method: 'GET', path };
      await runJob({ ...get, clients: 1, requests: 5 });
      const alone = await runJob({ ...get, clients: 1, requests: rounds });
      const together = await runJob({ ...get, clients: 10, requests: rounds * 5 });
      expectOnly(alone, 200);
      expectOnly(together, 200);
      const one = latencyOf(alone.latencies_ms);
      const ten = latencyOf(together.latencies_ms);
      const megabytes = alone.bytes / alone.latencies_ms.length / 1e6;
      const peer = { what: 'OpenNebula, published for 20,000', value: OPENNEBULA_MS };
      const target = { atMost: FULL_LIST_MS_MAX };
      const note = `${megabytes.toFixed(1)} MB a list over TLS`;
      return {
        name: 'lists',
        rows: [
          {
            what: `full list of ${instances} instances, one client, p99`,
            value: one.p99_ms,
            unit: 'ms',
            peer,
            target,
            note: `${note}, p50 ${one.p50_ms.toFixed(0)} ms`,
          },
          {
            what: '10 clients at once, p99',
            value: ten.p99_ms,
            unit: 'ms',
            peer,
            target,
            note: `p50 ${ten.p50_ms.toFixed(0)} ms, ${((together.latencies_ms.length / together.elapsed_ms) * 1000).toFixed(1)} lists/s, ${(together.bytes / together.elapsed_ms / 1e3).toFixed(0)} MB/s`,
          },
        ],
      };
    } finally {
      await region.destroy();
    }
  },
};

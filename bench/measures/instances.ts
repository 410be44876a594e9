/** From the request to create an instance to its running, over the same calls made straight to the same Incus. */
import { readFileSync } from 'node:fs';
import { connectIncus } from '#engines/incus/client.ts';
import { incusSocket } from '#engines/incus/daemon.ts';
import { systemClock } from '#kernel/clock.ts';
import { layoutOf } from '#region/layout.ts';
import { startRegion } from '#test/support/region.ts';
import { call, makeOrganization } from '../lib/api.ts';
import { Connection, requestText } from '../lib/connection.ts';
import { latencyOf } from '../lib/statistics.ts';
import { connectionOf, type Target } from '../lib/target.ts';
import type { Measure } from './context.ts';

const MORE_MS_MAX = 150;
const PATH = '/apis/compute.casemate.internal/v1/namespaces/default/instances';
const UID = 'user.casemate.uid';

export const instances: Measure = {
  summary: 'instance create to running, over the same calls made straight to Incus',
  async run({ quick, say }) {
    const rounds = quick ? 3 : 15;
    const region = await startRegion({ name: 'bench' });
    const incus = connectIncus({ socketPath: incusSocket(layoutOf(region.data).incus) }, systemClock);
    try {
      const operator = connectionOf(readFileSync(region.kubeconfig, 'utf8'));
      const organization = await makeOrganization(operator, 'bench');
      const { items } = await call<{ items: { metadata: { name: string } }[] }>(
        operator,
        'GET',
        '/apis/compute.casemate.internal/v1/images',
      );
      const image = items[0]?.metadata.name ?? '';
      const ours_ms: number[] = [];
      const direct_ms: number[] = [];
      // The first of each is for warming up.
      for (let round = 0; round <= rounds; round++) {
        const name = `bench-${round}`;
        const through_ms = await throughCasemate(organization, name, image);
        const found = (await incus.instances.list()).find(
          ({ config }) => config['user.casemate.name'] === name,
        );
        if (!found)
          throw new Error(`Incus holds nothing of instance ${name}: is ${UID} still how it is labelled?`);
        const own = (key: string) =>
          !key.startsWith('volatile.') && !key.startsWith('image.') && !key.startsWith('user.casemate');
        const started = performance.now();
        await incus.instances.create(found.project, {
          name: `direct-${round}`,
          type: 'container',
          source: { type: 'image', fingerprint: found.config['volatile.base_image'] ?? '' },
          profiles: [],
          config: Object.fromEntries(Object.entries(found.config).filter(([key]) => own(key))),
          devices: found.devices,
        });
        await incus.instances.setState(found.project, `direct-${round}`, { action: 'start' });
        const straight_ms = performance.now() - started;
        await incus.instances.setState(found.project, `direct-${round}`, { action: 'stop', force: true });
        await incus.instances.delete(found.project, `direct-${round}`);
        await call(organization, 'DELETE', `${PATH}/${name}`);
        say(`round ${round}: ${through_ms.toFixed(0)} ms, straight ${straight_ms.toFixed(0)} ms`);
        if (round === 0) continue;
        ours_ms.push(through_ms);
        direct_ms.push(straight_ms);
      }
      const ours = latencyOf(ours_ms);
      const direct = latencyOf(direct_ms);
      return {
        name: 'instances',
        rows: [
          {
            what: 'instance create to running, p50',
            value: ours.p50_ms,
            unit: 'ms',
            peer: { what: 'straight to Incus', value: direct.p50_ms },
            note: `max ${ours.max_ms.toFixed(0)} ms and ${direct.max_ms.toFixed(0)} ms, of ${rounds} containers without networks`,
          },
          {
            what: 'more than straight to Incus, p50',
            value: ours.p50_ms - direct.p50_ms,
            unit: 'ms',
            target: { atMost: MORE_MS_MAX },
          },
        ],
      };
    } finally {
      incus.close();
      await region.destroy();
    }
  },
};

interface Event {
  readonly object: {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly phase?: string };
  };
}

/** Milliseconds from the request until a watch says that it runs. */
async function throughCasemate(target: Target, name: string, image: string): Promise<number> {
  const watch = await Connection.open(target);
  const running = new Promise<void>((resolve) => {
    watch.stream(requestText(target, 'GET', `${PATH}?watch=true`), (line) => {
      const { object } = JSON.parse(line.toString()) as Event;
      if (object.metadata.name === name && object.status?.phase === 'Running') resolve();
    });
  });
  const started = performance.now();
  await call(target, 'POST', PATH, { metadata: { name }, spec: { image, memory: '256Mi' } });
  await running;
  watch.close();
  return performance.now() - started;
}

/** Judges what has no API by what its supervisor says of it. */
import { type Clock, sleep } from '#kernel/clock.ts';
import type { Layout } from '../../layout.ts';
import { supervisorStatus } from '../../supervisor/launch.ts';
import { untilServing } from '../health.ts';
import type { Judge } from '../machine.ts';

export function plainJudge(layout: Layout, clock: Clock, hold_ms: number): Judge {
  const watched = (digest: string) => ({ clock, attempt: 0, digest, status: () => supervisorStatus(layout) });
  return {
    extra_ms: 0,
    missing: async () => [],
    prepare: async () => {},
    serving: (digest) => untilServing(watched(digest)),
    async hold(digest) {
      const until_ms = clock.now() + hold_ms;
      do {
        await sleep(clock, 20);
        await untilServing(watched(digest));
      } while (clock.now() < until_ms);
      return 'it did well';
    },
  };
}

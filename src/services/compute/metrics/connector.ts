/** Serves `instances/metrics`. */
import type { ReportConnector } from '#kernel/connect.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Places } from '../engine-instance.ts';
import { metricsAnswer, windowOf } from './answer.ts';
import type { InstanceMetrics } from './follow.ts';

export function metricsConnector(metrics: InstanceMetrics, places: Places): ReportConnector {
  return {
    type: 'report',
    async read(request) {
      const window = windowOf(request.query);
      try {
        return metricsAnswer(request, window, await metrics.read(await places.of(request), window));
      } catch (error) {
        // Not made yet: nothing of it was measured, and there is nothing wrong with that.
        if (isStatusError(error, 'Conflict')) return metricsAnswer(request, window, []);
        throw error;
      }
    },
  };
}

/** What `GET …/instances/<name>/metrics` answers: a shape that a program can draw, in whole units. Times are starts of periods. */
import { type Static, Type } from 'typebox';
import { rfc3339 } from '#kernel/clock.ts';
import type { ConnectRequest } from '#kernel/connect.ts';
import { badRequest } from '#kernel/errors.ts';
import { bytes, millicores } from '#kernel/quantity.ts';
import type { InstanceObject } from '../instance.ts';
import { COMPUTE_GROUP } from '../schemas.ts';
import { PERIOD_MS, WINDOWS, type Window } from './history.ts';
import { LANES, type TimedRow } from './series.ts';

const MS_PER_S = 1_000;
/** Thousandths of a processor, and whole bytes: more is not in what was kept. */
const CPU_STEPS = 1_000;

const figure = (description: string) => Type.Optional(Type.Number({ description }));

export const METRICS_ANSWER = Type.Object({
  apiVersion: Type.String(),
  kind: Type.String(),
  metadata: Type.Object({ name: Type.String(), namespace: Type.String() }),
  window: Type.String({ description: 'How far back it goes.' }),
  periodSeconds: Type.Integer({ description: 'What one sample stands for.' }),
  limits: Type.Object(
    {
      cpu: Type.Number({ description: 'Processors.' }),
      memory: Type.Number({ description: 'Bytes.' }),
      disk: Type.Number({ description: 'Bytes.' }),
    },
    { description: 'What the instance may use now.' },
  ),
  samples: Type.Array(
    Type.Object({
      at: Type.String({ description: 'When its period began.' }),
      cpu: figure('Processors in use, on average.'),
      memory: figure('Bytes in use, without caches.'),
      disk: figure('Bytes of its own disk in use, without what it still shares with its image.'),
      received: figure('Bytes a second, on average.'),
      sent: figure('Bytes a second, on average.'),
    }),
    {
      description:
        'The oldest first. Of periods in which it did not run, or was not measured, there is none; a figure that is not known is left out.',
    },
  ),
});

export type InstanceMetricsAnswer = Static<typeof METRICS_ANSWER>;
export type MetricsSample = InstanceMetricsAnswer['samples'][number];

/** Throws 400. */
export function windowOf(query: URLSearchParams): Window {
  const text = query.get('window') ?? WINDOWS[0];
  const window = WINDOWS.find((one) => one === text);
  if (window === undefined)
    throw badRequest(`window: "${text.slice(0, 20)}" is none; it is one of ${WINDOWS.join(' and ')}`);
  return window;
}

export function metricsAnswer(
  { object }: Pick<ConnectRequest, 'object'>,
  window: Window,
  rows: readonly TimedRow[],
): InstanceMetricsAnswer {
  const { metadata, spec } = object as InstanceObject;
  return {
    apiVersion: `${COMPUTE_GROUP}/v1`,
    kind: 'InstanceMetrics',
    metadata: { name: metadata.name, namespace: metadata.namespace ?? '' },
    window,
    periodSeconds: PERIOD_MS[window] / MS_PER_S,
    limits: {
      cpu: millicores(spec.cpu) / CPU_STEPS,
      memory: bytes(spec.memory),
      disk: bytes(spec.disk),
    },
    samples: rows.map(sampleOf),
  };
}

function sampleOf({ at_ms, row }: TimedRow): MetricsSample {
  const figures = LANES.flatMap((lane, index) => {
    const value = row[index] ?? Number.NaN;
    if (Number.isNaN(value)) return [];
    return [[lane, lane === 'cpu' ? Math.round(value * CPU_STEPS) / CPU_STEPS : Math.round(value)]];
  });
  return { at: rfc3339(at_ms), ...Object.fromEntries(figures) };
}

/** One figure of an instance: how much of it is used now, and how that went. */
import { Card, CardBody, CardTitle, Content } from '@patternfly/react-core';
import { localeOf } from '../../../texts/locale.ts';
import { useTexts } from '../../../texts/texts.ts';
import {
  clockText,
  type Figure,
  type MetricsSample,
  type Point,
  stretchesOf,
  WINDOW_MS,
  type Window,
} from './figures.ts';
import { LineChart } from './line-chart.tsx';

export interface MetricCardProps {
  readonly title: string;
  /** One, or two in the same unit. */
  readonly lines: readonly [Figure, ...Figure[]];
  /** What may be used; the scale goes up to it. */
  readonly limit?: { readonly value: number; readonly text: string };
  readonly samples: readonly MetricsSample[];
  readonly periodSeconds: number;
  readonly window: Window;
  readonly until_ms: number;
  /** The top of the scale where there is no limit. */
  topOf?(values: readonly number[]): number;
}

export function MetricCard(props: MetricCardProps) {
  const { title, lines, limit, samples, periodSeconds, window, until_ms, topOf } = props;
  const [{ amount }] = lines;
  const { say, language } = useTexts();
  const locale = localeOf(language, navigator.languages);
  const drawn = lines.map(({ name, value }) => ({
    name,
    stretches: stretchesOf(samples, value, periodSeconds),
  }));
  const values = drawn.flatMap(({ stretches }) => stretches.flat().map(({ value }) => value));
  const top = limit === undefined ? (topOf?.(values) ?? 1) : Math.max(limit.value, ...values);
  const lastOf = (points: readonly Point[]) => points.at(-1)?.value;
  const inWords = drawn.map(({ name, stretches }) => {
    const points = stretches.flat();
    const last = lastOf(points);
    if (last === undefined) return say('pair', { name, value: say('compute.metrics.unknown') });
    const all = points.map(({ value }) => value);
    return say('compute.metrics.range', {
      name,
      low: amount(Math.min(...all)),
      high: amount(Math.max(...all)),
      last: amount(last),
    });
  });
  return (
    <Card isFullHeight component="section" aria-label={title}>
      <CardTitle component="h2">{title}</CardTitle>
      <CardBody>
        {drawn.map(({ name, stretches }, at) => {
          const last = lastOf(stretches.flat());
          const text = last === undefined ? say('compute.metrics.unknown') : amount(last);
          return (
            <Content component="p" key={name}>
              {drawn.length > 1 && (
                <>
                  <span aria-hidden="true" className={`casemate-chart-key casemate-chart-key-${at}`} />
                  {`${name} `}
                </>
              )}
              <strong>{text}</strong>
              {limit !== undefined && last !== undefined && ` ${limit.text}`}
            </Content>
          );
        })}
        <LineChart
          lines={drawn}
          top={top}
          from_ms={until_ms - WINDOW_MS[window]}
          until_ms={until_ms}
          label={inWords.join('; ')}
          amount={amount}
          clock={(at_ms) => clockText(at_ms, locale, window)}
        />
      </CardBody>
    </Card>
  );
}

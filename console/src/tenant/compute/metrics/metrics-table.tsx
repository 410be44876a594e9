/** What the charts show, as numbers: the newest first. */
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { localeOf } from '../../../texts/locale.ts';
import { useTexts } from '../../../texts/texts.ts';
import { clockText, type Figure, type MetricsSample, type Window } from './figures.ts';

export interface MetricsTableProps {
  readonly figures: readonly Figure[];
  readonly samples: readonly MetricsSample[];
  readonly window: Window;
}

export function MetricsTable({ figures, samples, window }: MetricsTableProps) {
  const { say, language } = useTexts();
  const locale = localeOf(language, navigator.languages);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard (WCAG 2.1.1)
    <section className="casemate-metrics-table" tabIndex={0} aria-label={say('compute.metrics.title')}>
      <Table aria-label={say('compute.metrics.title')} variant="compact" isStickyHeader>
        <Thead>
          <Tr>
            <Th>{say('compute.metrics.time')}</Th>
            {figures.map(({ name }) => (
              <Th key={name}>{name}</Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {samples.toReversed().map((sample) => (
            <Tr key={sample.at}>
              <Td dataLabel={say('compute.metrics.time')}>
                <time dateTime={sample.at}>{clockText(Date.parse(sample.at), locale, window)}</time>
              </Td>
              {figures.map(({ name, value, amount }) => {
                const figure = value(sample);
                return (
                  <Td key={name} dataLabel={name}>
                    {figure === undefined ? '–' : amount(figure)}
                  </Td>
                );
              })}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </section>
  );
}

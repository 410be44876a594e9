/** How often a key was used, a bar a day; and the same as a table, for who does not see it and for who wants the figures. */
import { Content, ExpandableSection } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTexts } from '../../texts/texts.ts';
import type { Day } from './uses.ts';

const BAR_WIDTH = 20;
const GAP = 4;
const HEIGHT = 64;
/** A day with anything is to be seen. */
const BAR_MIN = 2;

export function UsesChart({ days }: { readonly days: readonly Day[] }) {
  const { say, language } = useTexts();
  const most = Math.max(1, ...days.map(({ uses, refused }) => uses + refused));
  const height = (count: number) => (count === 0 ? 0 : Math.max(BAR_MIN, (HEIGHT * count) / most));
  const day = (at: Date) => at.toLocaleDateString(language, { dateStyle: 'medium' });
  const [first] = days;
  const last = days.at(-1);
  const width = Math.max(1, days.length) * (BAR_WIDTH + GAP);
  const total = days.reduce((sum, { uses }) => sum + uses, 0);
  const refused = days.reduce((sum, one) => sum + one.refused, 0);
  return (
    <>
      <svg
        className="casemate-uses"
        role="img"
        aria-label={say('proof.uses.chart', { count: total, refused, most })}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        height={HEIGHT}
        width={width}
      >
        <line x1={0} x2={width} y1={HEIGHT} y2={HEIGHT} className="casemate-uses-line" />
        {days.map(({ at, uses, refused: none }, index) => {
          const [used, failed] = [height(uses), height(none)];
          const x = index * (BAR_WIDTH + GAP);
          return (
            <g key={at.getTime()}>
              <title>
                {say('pair', {
                  name: day(at),
                  value: say('proof.uses.count', { count: uses, refused: none }),
                })}
              </title>
              <rect className="casemate-uses-bar" x={x} y={HEIGHT - used} width={BAR_WIDTH} height={used} />
              <rect
                className="casemate-uses-refused"
                x={x}
                y={HEIGHT - used - failed}
                width={BAR_WIDTH}
                height={failed}
              />
            </g>
          );
        })}
      </svg>
      {first !== undefined && last !== undefined && (
        <Content component="small">
          {day(first.at)} – {day(last.at)}
        </Content>
      )}
      <ExpandableSection toggleText={say('proof.uses.table')} isIndented>
        <Table aria-label={say('proof.uses.table')} variant="compact">
          <Thead>
            <Tr>
              <Th>{say('proof.uses.day')}</Th>
              <Th>{say('proof.uses.used')}</Th>
              <Th>{say('proof.uses.refused')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {days.toReversed().map((one) => (
              <Tr key={one.at.getTime()}>
                <Td dataLabel={say('proof.uses.day')}>{day(one.at)}</Td>
                <Td dataLabel={say('proof.uses.used')}>{one.uses}</Td>
                <Td dataLabel={say('proof.uses.refused')}>{one.refused}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      </ExpandableSection>
    </>
  );
}

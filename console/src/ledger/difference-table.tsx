/** A change as a table: each field that differs, what it was and what it is. */
import { Content, Label } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTexts } from '../texts/texts.ts';
import type { Difference } from './differences.ts';

const SHOWN_MAX = 200;

export interface DifferenceTableProps {
  readonly differences: readonly Difference[];
  /** For those who do not see it. */
  readonly label: string;
}

export function DifferenceTable({ differences, label }: DifferenceTableProps) {
  const { say } = useTexts();
  if (differences.length === 0) return <Content component="p">{say('proof.diff.none')}</Content>;
  return (
    <>
      <Table variant="compact" aria-label={label} borders={false}>
        <Thead>
          <Tr>
            <Th width={30}>{say('proof.diff.field')}</Th>
            <Th width={35}>{say('proof.diff.before')}</Th>
            <Th width={35}>{say('proof.diff.after')}</Th>
          </Tr>
        </Thead>
        <Tbody>
          {differences.slice(0, SHOWN_MAX).map(({ field, before, after }) => (
            <Tr key={field}>
              <Td dataLabel={say('proof.diff.field')}>
                <code>{field}</code>
              </Td>
              <Td dataLabel={say('proof.diff.before')} modifier="breakWord">
                {before === undefined ? (
                  <Label isCompact color="green">
                    {say('proof.diff.new')}
                  </Label>
                ) : (
                  <del>{before}</del>
                )}
              </Td>
              <Td dataLabel={say('proof.diff.after')} modifier="breakWord">
                {after === undefined ? (
                  <Label isCompact color="red">
                    {say('proof.diff.gone')}
                  </Label>
                ) : (
                  <ins>{after}</ins>
                )}
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {differences.length > SHOWN_MAX && (
        <Content component="p">{say('proof.diff.more', { count: differences.length - SHOWN_MAX })}</Content>
      )}
    </>
  );
}

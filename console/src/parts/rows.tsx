/** A plain table: what it is called, its columns, and what stands in each. */
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { ReactNode } from 'react';

export interface RowsColumn<Item> {
  readonly title: string;
  readonly cell: (item: Item) => ReactNode;
  /** Short words that are not to be broken. */
  readonly isNowrap?: boolean;
  /** Digests and the like, which are broken anywhere. */
  readonly isLong?: boolean;
  /** What one can do with it: its title is for screen readers alone. */
  readonly isAction?: boolean;
}

export interface RowsProps<Item> {
  readonly label: string;
  readonly columns: readonly RowsColumn<Item>[];
  readonly items: readonly Item[];
  readonly isCompact?: boolean;
  keyOf(item: Item): string;
}

export function Rows<Item>({ label, columns, items, isCompact = false, keyOf }: RowsProps<Item>) {
  return (
    <Table aria-label={label} {...(isCompact ? { variant: 'compact' as const } : {})}>
      <Thead>
        <Tr>
          {columns.map(({ title, isNowrap, isAction }) =>
            isAction === true ? (
              <Th key={title} screenReaderText={title} />
            ) : (
              <Th key={title} {...(isNowrap === true ? { modifier: 'nowrap' as const } : {})}>
                {title}
              </Th>
            ),
          )}
        </Tr>
      </Thead>
      <Tbody>
        {items.map((item) => (
          <Tr key={keyOf(item)}>
            {columns.map(({ title, cell, isAction, isLong }) =>
              isAction === true ? (
                <Td key={title} isActionCell>
                  {cell(item)}
                </Td>
              ) : (
                <Td
                  key={title}
                  dataLabel={title}
                  {...(isLong === true ? { modifier: 'breakWord' as const } : {})}
                >
                  {cell(item)}
                </Td>
              ),
            )}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** Narrows a list to some values of the columns that hold few: phases, choices, yes and no. What is chosen stands in the address. */
import {
  Label,
  LabelGroup,
  MenuToggle,
  Select,
  SelectGroup,
  SelectList,
  SelectOption,
} from '@patternfly/react-core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Column, Row } from '../api/live-list.ts';
import { useTexts } from '../texts/texts.ts';
import { useFieldTexts } from '../texts/use-field-texts.tsx';
import { cellText, holdsWords } from './cells.ts';

/** More are no choice any more: for those there is the search. */
const VALUES_MAX = 12;

export interface Facet {
  readonly column: string;
  readonly index: number;
  /** As the API says them. */
  readonly values: readonly string[];
}

/** Columns whose rows differ by a few words. Pure. */
export function facetsOf(columns: readonly Column[], rows: readonly Row[]): readonly Facet[] {
  return columns.flatMap(({ name }, index) => {
    if (index === 0) return [];
    const values = new Set<string>();
    for (const { cells } of rows) {
      if (!holdsWords(cells[index], name)) continue;
      values.add(String(cells[index]));
      if (values.size > VALUES_MAX) return [];
    }
    return values.size < 2 ? [] : [{ column: name, index, values: [...values].toSorted() }];
  });
}

export interface Filters {
  readonly chosen: readonly Choice[];
  has(choice: Choice): boolean;
  toggle(choice: Choice): void;
  clear(): void;
  /** Of each column that something is chosen of, one of that. */
  matches(row: Row, columns: readonly Column[]): boolean;
}

/** A column and one of its values. */
export type Choice = readonly [column: string, value: string];

const isChoice = (one: unknown): one is Choice =>
  Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === 'string');

export function useFilters(): Filters {
  const { only } = useSearch({ strict: false }) as { only?: unknown };
  const navigate = useNavigate();
  return useMemo(
    () => filtersOf(Array.isArray(only) ? only.filter(isChoice) : [], navigate),
    [only, navigate],
  );
}

function filtersOf(chosen: readonly Choice[], navigate: ReturnType<typeof useNavigate>): Filters {
  const is =
    ([column, value]: Choice) =>
    (one: Choice) =>
      one[0] === column && one[1] === value;
  const go = (next: readonly Choice[]) =>
    void navigate({
      search: ((before: object) => ({ ...before, only: next.length === 0 ? undefined : next })) as never,
      replace: true,
    });
  return {
    chosen,
    has: (choice) => chosen.some(is(choice)),
    toggle: (choice) =>
      go(chosen.some(is(choice)) ? chosen.filter((one) => !is(choice)(one)) : [...chosen, choice]),
    clear: () => go([]),
    matches: ({ cells }, columns) =>
      columns.every(({ name }, index) => {
        const wanted = chosen.filter(([column]) => column === name);
        return wanted.length === 0 || wanted.some(([, value]) => value === String(cells[index]));
      }),
  };
}

/** A value in the address is a text. */
const cellOf = (value: string): string | boolean =>
  /^(?:true|false)$/.test(value) ? value === 'true' : value;

interface FilterProps {
  readonly filters: Filters;
}

export function FilterMenu({ filters, facets }: FilterProps & { readonly facets: readonly Facet[] }) {
  const { say } = useTexts();
  const texts = useFieldTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <Select
      role="menu"
      popperProps={{ appendTo: 'inline' }}
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={(_event, choice) => filters.toggle(choice as unknown as Choice)}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {say('list.filter')}
        </MenuToggle>
      )}
    >
      {facets.map(({ column, values }) => (
        <SelectGroup key={column} label={texts.column(column)}>
          <SelectList aria-label={texts.column(column)}>
            {values.map((value) => (
              <SelectOption
                key={value}
                value={[column, value]}
                hasCheckbox
                isSelected={filters.has([column, value])}
              >
                {cellText(cellOf(value), column, texts)}
              </SelectOption>
            ))}
          </SelectList>
        </SelectGroup>
      ))}
    </Select>
  );
}

/** What the list is narrowed to, each with a way to take it back. */
export function ChosenFilters({ filters }: FilterProps) {
  const { say } = useTexts();
  const texts = useFieldTexts();
  if (filters.chosen.length === 0) return null;
  return (
    <LabelGroup
      aria-label={say('list.filter')}
      isClosable
      onClick={() => filters.clear()}
      closeBtnAriaLabel={say('list.filter.clear')}
    >
      {filters.chosen.map((choice) => {
        const [column, value] = choice;
        return (
          <Label key={choice.join('=')} onClose={() => filters.toggle(choice)}>
            {say('pair', {
              name: texts.column(column),
              value: cellText(cellOf(value), column, texts),
            })}
          </Label>
        );
      })}
    </LabelGroup>
  );
}

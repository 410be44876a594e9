/** Which columns of a kind somebody wants to see; remembered by this browser. */
import { MenuToggle, Select, SelectList, SelectOption } from '@patternfly/react-core';
import { useState } from 'react';
import type { Column } from '../api/live-list.ts';
import { useTexts } from '../texts/texts.ts';
import { Description, useFieldTexts } from '../texts/use-field-texts.tsx';

export interface ShownColumns {
  readonly all: readonly Column[];
  readonly shown: readonly { readonly column: Column; readonly index: number }[];
  toggle(name: string): void;
}

export function useShownColumns(resource: string, all: readonly Column[]): ShownColumns {
  const key = `casemate columns ${resource}`;
  const [chosen, setChosen] = useState<readonly string[] | undefined>(
    () => JSON.parse(localStorage.getItem(key) ?? 'null') ?? undefined,
  );
  const names = chosen ?? all.filter(({ priority }) => priority === 0).map(({ name }) => name);
  const shown = all.flatMap((column, index) =>
    index === 0 || names.includes(column.name) ? [{ column, index }] : [],
  );
  return {
    all,
    shown,
    toggle(name) {
      const next = names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
      localStorage.setItem(key, JSON.stringify(next));
      setChosen(next);
    },
  };
}

export function ColumnMenu({ columns }: { readonly columns: ShownColumns }) {
  const { say } = useTexts();
  const texts = useFieldTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <Select
      role="menu"
      popperProps={{ appendTo: 'inline' }}
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={(_event, value) => columns.toggle(String(value))}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {say('list.columns')}
        </MenuToggle>
      )}
    >
      <SelectList aria-label={say('list.columns')}>
        {columns.all.slice(1).map(({ name, description }) => (
          <SelectOption
            key={name}
            value={name}
            hasCheckbox
            isSelected={columns.shown.some(({ column }) => column.name === name)}
            description={<Description text={description} />}
          >
            {texts.column(name)}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}

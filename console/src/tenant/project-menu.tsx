/** Which project's objects are shown: one, or all of them. It is part of the address. */
import { MenuToggle, Select, SelectList, SelectOption } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { discovery } from '../api/discovery.ts';
import { useLiveList } from '../api/live-list.ts';
import { useTexts } from '../texts/texts.ts';

const ALL = '';

export interface ProjectMenuProps {
  readonly chosen: string | undefined;
  onChoose(project: string | undefined): void;
}

export function ProjectMenu({ chosen, onChoose }: ProjectMenuProps) {
  const { say } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const { data: resources } = useQuery(discovery);
  const { rows } = useLiveList(
    resources?.find(({ plural, group }) => plural === 'namespaces' && group === ''),
  );
  return (
    <Select
      isOpen={isOpen}
      selected={chosen ?? ALL}
      onOpenChange={setOpen}
      onSelect={(_event, value) => {
        setOpen(false);
        onChoose(value === ALL ? undefined : String(value));
      }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {say('project.chosen', { name: chosen ?? say('project.all') })}
        </MenuToggle>
      )}
    >
      <SelectList>
        <SelectOption value={ALL}>{say('project.all')}</SelectOption>
        {rows.map(({ object }) => (
          <SelectOption key={object.metadata.uid} value={object.metadata.name}>
            {object.metadata.name}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}

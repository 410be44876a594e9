/** The command palette, open: a few letters, and the places that have them. */
import {
  Modal,
  ModalBody,
  ModalHeader,
  SearchInput,
  SimpleList,
  SimpleListItem,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { discovery, resourceName } from '../api/discovery.ts';
import { useTexts } from '../texts/texts.ts';
import type { NavSection } from './layout.tsx';

const SHOWN_MAX = 12;

export interface PaletteProps {
  readonly sections: readonly NavSection[];
  onClose(): void;
}

export function Palette({ sections, onClose }: PaletteProps) {
  const { say, kinds } = useTexts();
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const { data: resources = [] } = useQuery(discovery);
  const places = [
    ...sections.flatMap(({ entries }) => entries),
    ...resources
      .filter(({ verbs }) => verbs.includes('list'))
      .map((one) => ({ to: `/resources/${resourceName(one)}`, label: kinds(one) })),
  ];
  const wanted = text.trim().toLowerCase();
  const found = places
    .filter(({ label, to }) => `${label} ${to}`.toLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX);
  const go = (to: string | undefined) => {
    if (to === undefined) return;
    onClose();
    void navigate({ to });
  };
  return (
    <Modal
      isOpen
      variant="small"
      onClose={onClose}
      aria-labelledby="commands-title"
      elementToFocus="#commands-search"
    >
      <ModalHeader
        title={say('app.commands')}
        labelId="commands-title"
        description={say('app.commands.hint')}
      />
      <ModalBody>
        <SearchInput
          searchInputId="commands-search"
          aria-label={say('app.commands')}
          value={text}
          onChange={(_event, value) => setText(value)}
          onClear={() => setText('')}
          onSearch={() => go(found[0]?.to)}
        />
        {found.length === 0 ? (
          <p>{say('app.commands.none')}</p>
        ) : (
          <SimpleList aria-label={say('app.commands')}>
            {found.map(({ to, label }) => (
              <SimpleListItem key={`${to} ${label}`} onClick={() => go(to)}>
                {label}
              </SimpleListItem>
            ))}
          </SimpleList>
        )}
      </ModalBody>
    </Modal>
  );
}

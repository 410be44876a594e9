/** Chooses an object of another kind among those there are now; a name that nobody sees here may be written all the same. */
import {
  MenuToggle,
  Select,
  SelectList,
  SelectOption,
  TextInputGroup,
  TextInputGroupMain,
} from '@patternfly/react-core';
import { useState } from 'react';
import type { Resource } from '../api/discovery.ts';
import { useLiveList } from '../api/live-list.ts';
import { useTexts } from '../texts/texts.ts';
import { useForm } from './form-context.ts';
import type { ValueInputProps } from './value-input.tsx';

const SHOWN_MAX = 100;

export interface ReferenceInputProps extends ValueInputProps {
  readonly resource: Resource;
}

export function ReferenceInput(props: ReferenceInputProps) {
  const { resource, id, describedBy, isWrong, label, value, onChange, onLeave } = props;
  const { say, words } = useTexts();
  const { project } = useForm();
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const isKnowable = !resource.isNamespaced || project !== undefined;
  // Followed only while somebody chooses: a form may have many of these.
  const list = useLiveList(isOpen && isKnowable ? resource : undefined, {
    project: resource.isNamespaced ? project : undefined,
  });
  const text = String(value ?? '');
  const names = list.rows.map(({ object }) => object.metadata.name);
  const isChosen = names.includes(text);
  const found = names
    .filter((name) => isChosen || name.toLowerCase().includes(text.toLowerCase()))
    .sort()
    .slice(0, SHOWN_MAX);
  const listId = `${id}:list`;
  const optionId = (name: string) => `${listId}:${name}`;
  const choose = (name: string) => {
    onChange(name);
    setOpen(false);
    setActive(-1);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      if (isOpen && found.length > 0) setActive((active + step + found.length) % found.length);
      else setOpen(true);
    } else if (event.key === 'Enter' && isOpen) {
      event.preventDefault();
      const name = found[active];
      if (name === undefined) setOpen(false);
      else choose(name);
    } else if (event.key === 'Escape' || event.key === 'Tab') setOpen(false);
  };
  const activeName = found[active];
  const empty = !isKnowable
    ? say('forms.reference.project')
    : list.error !== undefined
      ? say('forms.reference.unseen', words(resource))
      : list.isLoading
        ? say('app.loading')
        : say('forms.reference.none', words(resource));
  return (
    <Select
      isOpen={isOpen}
      selected={text}
      onOpenChange={setOpen}
      onSelect={(_event, name) => choose(String(name))}
      variant="typeahead"
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="typeahead"
          isFullWidth
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          aria-label={say('forms.reference.open', { field: label })}
          {...(isWrong ? { status: 'danger' as const } : {})}
        >
          <TextInputGroup isPlain>
            <TextInputGroupMain
              inputId={id}
              role="combobox"
              isExpanded={isOpen}
              aria-controls={listId}
              {...(activeName === undefined ? {} : { 'aria-activedescendant': optionId(activeName) })}
              inputProps={{
                'aria-describedby': describedBy,
                'aria-invalid': isWrong,
                'aria-label': undefined,
              }}
              autoComplete="off"
              placeholder={say('forms.reference.choose', words(resource))}
              value={text}
              onClick={() => setOpen(true)}
              onKeyDown={onKey}
              onBlur={onLeave}
              onChange={(_event, next) => {
                onChange(next);
                setActive(-1);
                setOpen(true);
              }}
            />
          </TextInputGroup>
        </MenuToggle>
      )}
    >
      <SelectList id={listId} aria-label={words(resource).titles}>
        {found.map((name, index) => (
          <SelectOption key={name} id={optionId(name)} value={name} isFocused={index === active}>
            {name}
          </SelectOption>
        ))}
        {found.length === 0 && (
          <SelectOption value={text} isDisabled>
            {empty}
          </SelectOption>
        )}
      </SelectList>
    </Select>
  );
}

/** Values by keys that somebody chooses: labels, data of a Secret. */
import {
  Button,
  FormFieldGroup,
  FormFieldGroupHeader,
  InputGroup,
  InputGroupItem,
  TextArea,
  TextInput,
} from '@patternfly/react-core';
import { MinusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/minus-circle-icon';
import { PlusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/plus-circle-icon';
import { useState } from 'react';
import { useTexts } from '../texts/texts.ts';
import { Description } from '../texts/use-field-texts.tsx';
import { Field, type FieldProps, useIsFixed } from './field.tsx';
import { FieldNotes, notesId, useProblems } from './field-notes.tsx';
import type { FieldSchema, MapSchema } from './field-schema.ts';
import { fieldId, useForm } from './form-context.ts';
import { childPath, emptyValue, isRecord } from './value.ts';

/** A row keeps its place while its key is written; an empty key is none yet. */
interface Entry {
  readonly row: number;
  readonly key: string;
  readonly value: unknown;
}

const LINE_LENGTH_MAX = 512;

export function MapField({
  schema,
  label,
  path,
  value,
  onChange,
}: FieldProps & { readonly schema: MapSchema }) {
  const { say } = useTexts();
  const isFixed = useIsFixed(schema, path);
  const [entries, setEntries] = useState<readonly Entry[]>(() =>
    Object.entries(isRecord(value) ? value : {}).map(([key, member], row) => ({ row, key, value: member })),
  );
  const isFull = schema.entries_max !== undefined && entries.length >= schema.entries_max;
  const change = (next: readonly Entry[]) => {
    setEntries(next);
    const named = next.filter(({ key }) => key !== '');
    onChange(
      next.length === 0 ? undefined : Object.fromEntries(named.map((one) => [one.key, one.value ?? ''])),
    );
  };
  const add = () => {
    const row = Math.max(-1, ...entries.map((entry) => entry.row)) + 1;
    change([...entries, { row, key: '', value: emptyValue(schema.values) }]);
  };
  return (
    <FormFieldGroup
      header={
        <FormFieldGroupHeader
          titleText={{ text: label, id: fieldId(path) }}
          titleDescription={schema.description === '' ? undefined : <Description text={schema.description} />}
          actions={
            isFixed ? undefined : (
              <Button
                variant="link"
                icon={<PlusCircleIcon />}
                isDisabled={isFull}
                aria-label={say('forms.addField', { field: label })}
                onClick={add}
              >
                {say('forms.add')}
              </Button>
            )
          }
        />
      }
    >
      <FieldNotes path={path} description="" isFixed={isFixed} />
      {entries.map((entry, index) => (
        <EntryRow
          key={entry.row}
          schema={schema.values}
          label={label}
          number={index + 1}
          path={childPath(path, entry.key)}
          entry={entry}
          isFixed={isFixed}
          isTwice={entries.some(
            (other) => other.row !== entry.row && other.key !== '' && other.key === entry.key,
          )}
          onChange={(next) => change(entries.map((one) => (one.row === entry.row ? next : one)))}
          onRemove={() => change(entries.filter((one) => one.row !== entry.row))}
        />
      ))}
    </FormFieldGroup>
  );
}

interface EntryRowProps {
  readonly schema: FieldSchema;
  readonly label: string;
  readonly number: number;
  readonly path: string;
  readonly entry: Entry;
  readonly isFixed: boolean;
  readonly isTwice: boolean;
  onChange(entry: Entry): void;
  onRemove(): void;
}

function EntryRow(props: EntryRowProps) {
  const { schema, label, number, path, entry, isFixed, isTwice, onChange, onRemove } = props;
  const { say } = useTexts();
  const { leave } = useForm();
  const isWrong = useProblems(path).length > 0;
  const of = { field: label, number };
  const fixed = isFixed ? ({ readOnlyVariant: 'default' } as const) : {};
  const isLong = schema.type === 'text' && (schema.length_max ?? LINE_LENGTH_MAX + 1) > LINE_LENGTH_MAX;
  const valueProps = {
    id: fieldId(path),
    'aria-label': say('forms.map.value', of),
    'aria-describedby': notesId(path),
    validated: isWrong ? ('error' as const) : ('default' as const),
    value: String(entry.value ?? ''),
    onBlur: () => leave(path),
    ...fixed,
  };
  return (
    <>
      <InputGroup>
        <InputGroupItem isFill>
          <TextInput
            aria-label={say('forms.map.key', of)}
            placeholder={say('forms.map.keyPlaceholder')}
            validated={isTwice ? 'error' : 'default'}
            value={entry.key}
            onChange={(_event, key) => onChange({ ...entry, key })}
            {...fixed}
          />
        </InputGroupItem>
        {schema.type === 'text' && (
          <InputGroupItem isFill>
            {isLong ? (
              <TextArea
                {...valueProps}
                rows={1}
                autoResize
                onChange={(_event, text) => onChange({ ...entry, value: text })}
              />
            ) : (
              <TextInput {...valueProps} onChange={(_event, text) => onChange({ ...entry, value: text })} />
            )}
          </InputGroupItem>
        )}
        {!isFixed && (
          <InputGroupItem>
            <Button
              variant="plain"
              icon={<MinusCircleIcon />}
              aria-label={say('forms.removeField', { field: say('forms.item', of) })}
              onClick={onRemove}
            />
          </InputGroupItem>
        )}
      </InputGroup>
      {schema.type === 'text' ? (
        <FieldNotes path={path} description="" />
      ) : (
        <Field
          schema={schema}
          name=""
          label={say('forms.map.value', of)}
          path={path}
          value={entry.value}
          isRequired
          onChange={(value) => onChange({ ...entry, value })}
        />
      )}
    </>
  );
}

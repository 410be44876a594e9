/** One field of a form, whatever its schema says it is: a single value has a label, its input and notes; what holds others is a group of them. */
import { FormGroup } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import { FieldNotes, notesId, useProblems } from './field-notes.tsx';
import type { FieldSchema } from './field-schema.ts';
import { fieldId, useForm } from './form-context.ts';
import { ListField } from './list-field.tsx';
import { MapField } from './map-field.tsx';
import { ObjectField } from './object-field.tsx';
import { UnionField } from './union-field.tsx';
import { valueAt } from './value.ts';
import { ValueInput } from './value-input.tsx';
import { YamlInput } from './yaml-input.tsx';

export interface FieldProps {
  readonly schema: FieldSchema;
  /** As the API calls it; of an item of a list: the list's. */
  readonly name: string;
  readonly label: string;
  readonly path: string;
  readonly value: unknown;
  readonly isRequired: boolean;
  onChange(value: unknown): void;
}

/** Whether it was set for good: the API would refuse another value. */
export function useIsFixed(schema: FieldSchema, path: string): boolean {
  const { original } = useForm();
  return schema.isImmutable && original !== undefined && valueAt(original, path) !== undefined;
}

export function Field(props: FieldProps) {
  const { schema } = props;
  switch (schema.type) {
    case 'object':
      return <ObjectField {...props} schema={schema} />;
    case 'list':
      return <ListField {...props} schema={schema} />;
    case 'map':
      return <MapField {...props} schema={schema} />;
    case 'union':
      return <UnionField {...props} schema={schema} />;
    default:
      return <SingleField {...props} schema={schema} />;
  }
}

function SingleField({ schema, name, label, path, value, isRequired, onChange }: FieldProps) {
  const { say } = useTexts();
  const { leave } = useForm();
  const isFixed = useIsFixed(schema, path);
  const isWrong = useProblems(path).length > 0;
  const input = {
    id: fieldId(path),
    value,
    onChange,
    onLeave: () => leave(path),
    describedBy: notesId(path),
    isWrong,
    isFixed,
    isRequired,
  };
  return (
    <FormGroup
      label={label}
      fieldId={fieldId(path)}
      isRequired={isRequired}
      labelInfo={isRequired || schema.type === 'boolean' ? undefined : say('forms.optional')}
    >
      {schema.type === 'any' ? (
        <YamlInput {...input} />
      ) : (
        <ValueInput {...input} schema={schema} name={name} label={label} />
      )}
      <FieldNotes path={path} description={schema.description} isFixed={isFixed} />
    </FormGroup>
  );
}

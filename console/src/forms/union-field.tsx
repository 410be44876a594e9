/** One of several shapes: first which, then its fields. */
import { FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useState } from 'react';
import type { FieldTexts } from '../texts/field-words.ts';
import { useTexts } from '../texts/texts.ts';
import { useFieldTexts } from '../texts/use-field-texts.tsx';
import { choiceText } from './choice-text.ts';
import { Field, type FieldProps } from './field.tsx';
import type { FieldSchema, UnionSchema } from './field-schema.ts';
import { fieldId } from './form-context.ts';
import { problemsOf } from './problems.ts';
import { emptyValue } from './value.ts';

const NONE = -1;

export function UnionField(props: FieldProps & { readonly schema: UnionSchema }) {
  const { schema, label, path, value, isRequired, onChange } = props;
  const { say } = useTexts();
  const texts = useFieldTexts();
  const [chosen, setChosen] = useState(() =>
    value === undefined
      ? NONE
      : schema.options.findIndex((option) => problemsOf(option, value, path).length === 0),
  );
  const option = schema.options[chosen];
  return (
    <>
      <FormGroup label={label} fieldId={`${fieldId(path)}:shape`} isRequired={isRequired}>
        <FormSelect
          id={`${fieldId(path)}:shape`}
          value={chosen}
          onChange={(_event, text) => {
            const next = schema.options[Number(text)];
            setChosen(Number(text));
            onChange(next === undefined ? undefined : emptyValue(next));
          }}
        >
          <FormSelectOption value={NONE} label={say('forms.choose')} isPlaceholder />
          {schema.options.map((one, index) => (
            <FormSelectOption key={nameOf(one, texts)} value={index} label={nameOf(one, texts)} />
          ))}
        </FormSelect>
      </FormGroup>
      {option !== undefined && <Field {...props} schema={option} isRequired />}
    </>
  );
}

/** By its constant where it has one, else by its fields or its type. */
function nameOf(schema: FieldSchema, texts: FieldTexts): string {
  if (schema.type !== 'object')
    return schema.description === '' ? schema.type : texts.described(schema.description).text;
  const tag = schema.members.find(
    (member) => member.schema.type === 'choice' && member.schema.options.length === 1,
  );
  if (tag?.schema.type === 'choice') return choiceText(tag.schema.options[0] ?? '', texts.word);
  return schema.members.map(({ name }) => texts.label(name)).join(', ');
}

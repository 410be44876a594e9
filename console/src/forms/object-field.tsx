/** Fields that belong together. What may be left out is added and taken out as a whole: that it is there can mean something, though it be empty. */
import {
  Button,
  FormFieldGroup,
  FormFieldGroupExpandable,
  FormFieldGroupHeader,
} from '@patternfly/react-core';
import { useState } from 'react';
import { useTexts } from '../texts/texts.ts';
import { Description, useFieldTexts } from '../texts/use-field-texts.tsx';
import { Field, type FieldProps, useIsFixed } from './field.tsx';
import { FieldNotes } from './field-notes.tsx';
import type { ObjectSchema } from './field-schema.ts';
import { fieldId, useForm } from './form-context.ts';
import { childPath, emptyValue, isRecord, isWithin, withMember } from './value.ts';

export interface MembersProps {
  readonly schema: ObjectSchema;
  readonly path: string;
  readonly value: unknown;
  onChange(value: unknown): void;
}

/** Required fields first. */
export function Members({ schema, path, value, onChange }: MembersProps) {
  const texts = useFieldTexts();
  const inOrder = [
    ...schema.members.filter(({ isRequired }) => isRequired),
    ...schema.members.filter(({ isRequired }) => !isRequired),
  ];
  return inOrder.map(({ name, schema: member, isRequired }) => (
    <Field
      key={name}
      schema={member}
      name={name}
      label={texts.label(name)}
      path={childPath(path, name)}
      value={isRecord(value) ? value[name] : undefined}
      isRequired={isRequired}
      onChange={(next) => onChange(withMember(value, name, next))}
    />
  ));
}

/** True once there was something wrong within: a group that was opened for it is not shut again while somebody puts it right. */
export function useOpenedFor(...paths: readonly string[]): boolean {
  const { problems } = useForm();
  const [wasOpened, setOpened] = useState(false);
  const isWrong = problems.some((problem) => paths.some((path) => isWithin(path, problem.path)));
  if (isWrong && !wasOpened) setOpened(true);
  return wasOpened || isWrong;
}

export function ObjectField({
  schema,
  label,
  path,
  value,
  isRequired,
  onChange,
}: FieldProps & { readonly schema: ObjectSchema }) {
  const { say } = useTexts();
  const isFixed = useIsFixed(schema, path);
  const isOpened = useOpenedFor(path);
  const isThere = value !== undefined;
  const [wasAdded, setAdded] = useState(false);
  const add = isFixed ? undefined : (
    <Button
      variant="link"
      aria-label={say(isThere ? 'forms.removeField' : 'forms.addField', { field: label })}
      onClick={() => {
        setAdded(true);
        onChange(isThere ? undefined : emptyValue(schema));
      }}
    >
      {say(isThere ? 'forms.remove' : 'forms.add')}
    </Button>
  );
  const header = (
    <FormFieldGroupHeader
      titleText={{ text: label, id: fieldId(path) }}
      titleDescription={schema.description === '' ? undefined : <Description text={schema.description} />}
      actions={isRequired ? undefined : add}
    />
  );
  const members = (
    <>
      <FieldNotes path={path} description="" isFixed={isFixed} />
      <fieldset disabled={isFixed} className="casemate-fieldset">
        <Members schema={schema} path={path} value={value} onChange={onChange} />
      </fieldset>
    </>
  );
  if (isRequired || (isThere && wasAdded) || !isThere)
    return <FormFieldGroup header={header}>{isThere || isRequired ? members : null}</FormFieldGroup>;
  return (
    <FormFieldGroupExpandable
      // Opened anew for what is wrong inside.
      key={isOpened ? 'opened' : 'as it is'}
      isExpanded={isOpened}
      toggleAriaLabel={label}
      header={header}
    >
      {members}
    </FormFieldGroupExpandable>
  );
}

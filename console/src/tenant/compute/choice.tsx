/** Fields of a form with their problem below them: one of a list, a line of text, several lines. */
import {
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly help?: string | undefined;
  readonly problem?: string | undefined;
  readonly isRequired?: boolean;
}

function Field({
  id,
  label,
  help,
  problem,
  isRequired = false,
  children,
}: FieldProps & { readonly children: ReactNode }) {
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      {children}
      <FormHelperText>
        <HelperText id={`${id}-help`} aria-live="polite">
          {problem !== undefined ? (
            <HelperTextItem variant="error">{problem}</HelperTextItem>
          ) : (
            help !== undefined && <HelperTextItem>{help}</HelperTextItem>
          )}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface ChoiceProps extends FieldProps {
  readonly value: string;
  readonly options: readonly Option[];
  onChange(value: string): void;
}

export function Choice({ value, options, onChange, ...field }: ChoiceProps) {
  return (
    <Field {...field}>
      <FormSelect
        id={field.id}
        value={value}
        validated={field.problem === undefined ? 'default' : 'error'}
        aria-describedby={`${field.id}-help`}
        onChange={(_event, next) => onChange(next)}
      >
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </Field>
  );
}

export interface LineProps extends FieldProps {
  readonly value: string;
  onChange(value: string): void;
}

export function Line({ value, onChange, ...field }: LineProps) {
  return (
    <Field {...field}>
      <TextInput
        id={field.id}
        value={value}
        isRequired={field.isRequired === true}
        validated={field.problem === undefined ? 'default' : 'error'}
        aria-describedby={`${field.id}-help`}
        autoComplete="off"
        spellCheck={false}
        onChange={(_event, next) => onChange(next)}
      />
    </Field>
  );
}

export function Lines({ value, onChange, ...field }: LineProps) {
  return (
    <Field {...field}>
      <TextArea
        id={field.id}
        value={value}
        resizeOrientation="vertical"
        validated={field.problem === undefined ? 'default' : 'error'}
        aria-describedby={`${field.id}-help`}
        autoComplete="off"
        spellCheck={false}
        onChange={(_event, next) => onChange(next)}
      />
    </Field>
  );
}

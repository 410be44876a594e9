/** Where a single value is written or chosen, by the type that its schema says. */
import { FormSelect, FormSelectOption, Switch, TextArea, TextInput } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';
import { useFieldTexts } from '../texts/use-field-texts.tsx';
import { choiceText } from './choice-text.ts';
import type { FieldSchema, TextSchema } from './field-schema.ts';
import { ReferenceInput } from './reference-input.tsx';
import { useReferredResource } from './referred.ts';

export interface InputProps {
  readonly id: string;
  readonly value: unknown;
  readonly describedBy: string;
  readonly isWrong: boolean;
  readonly isFixed: boolean;
  readonly isRequired: boolean;
  onChange(value: unknown): void;
  onLeave(): void;
}

export interface ValueInputProps extends InputProps {
  readonly schema: FieldSchema;
  readonly name: string;
  readonly label: string;
}

/** What may be longer is given more room than a line. */
const LINE_LENGTH_MAX = 512;
const UNSET = '';

export function ValueInput(props: ValueInputProps) {
  const { schema } = props;
  const referred = useReferredResource(props.name, schema);
  switch (schema.type) {
    case 'choice':
      return <ChoiceInput {...props} options={schema.options} />;
    case 'boolean':
      return <BooleanInput {...props} />;
    case 'number':
      return <NumberInput {...props} />;
    case 'text':
      if (referred !== undefined && !props.isFixed) return <ReferenceInput {...props} resource={referred} />;
      if (isTime(schema)) return <TimeInput {...props} />;
      return (schema.length_max ?? 0) > LINE_LENGTH_MAX ? (
        <LongTextInput {...props} />
      ) : (
        <TextLine {...props} />
      );
    default:
      return <TextLine {...props} />;
  }
}

/** By its format, or by what its description says of it. */
const isTime = ({ format, description }: TextSchema): boolean =>
  format === 'date-time' || /\bRFC 3339\b/.test(description);

const placeholderOf = (schema: FieldSchema): string | undefined =>
  schema.default === undefined || typeof schema.default === 'object' ? undefined : String(schema.default);

const common = ({ id, describedBy, isWrong, isRequired, onLeave }: InputProps) => ({
  id,
  'aria-describedby': describedBy,
  validated: isWrong ? ('error' as const) : ('default' as const),
  isRequired,
  onBlur: onLeave,
});

const fixed = { readOnlyVariant: 'default' } as const;

function TextLine(props: ValueInputProps) {
  const placeholder = placeholderOf(props.schema);
  return (
    <TextInput
      {...common(props)}
      {...(props.isFixed ? fixed : {})}
      {...(placeholder === undefined ? {} : { placeholder })}
      value={String(props.value ?? '')}
      onChange={(_event, text) => props.onChange(text)}
    />
  );
}

function LongTextInput(props: ValueInputProps) {
  return (
    <TextArea
      {...common(props)}
      {...(props.isFixed ? fixed : {})}
      autoResize
      rows={2}
      resizeOrientation="vertical"
      value={String(props.value ?? '')}
      onChange={(_event, text) => props.onChange(text)}
    />
  );
}

/** What is no number stays as it was written, to be told of. */
function NumberInput(props: ValueInputProps) {
  const placeholder = placeholderOf(props.schema);
  return (
    <TextInput
      {...common(props)}
      {...(props.isFixed ? fixed : {})}
      {...(placeholder === undefined ? {} : { placeholder })}
      inputMode="numeric"
      value={String(props.value ?? '')}
      onChange={(_event, text) =>
        props.onChange(text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text))
      }
    />
  );
}

function ChoiceInput({
  options,
  ...props
}: ValueInputProps & { readonly options: readonly (string | number)[] }) {
  const { say } = useTexts();
  const { word } = useFieldTexts();
  const preset = placeholderOf(props.schema);
  const unset =
    preset === undefined ? say('forms.choose') : say('forms.default', { value: choiceText(preset, word) });
  return (
    <FormSelect
      {...common(props)}
      isDisabled={props.isFixed}
      value={props.value === undefined ? UNSET : String(props.value)}
      onChange={(_event, text) => props.onChange(options.find((option) => String(option) === text))}
    >
      <FormSelectOption value={UNSET} label={unset} isPlaceholder />
      {options.map((option) => (
        <FormSelectOption key={option} value={String(option)} label={choiceText(option, word)} />
      ))}
    </FormSelect>
  );
}

function BooleanInput({ id, describedBy, value, schema, label, isFixed, onChange }: ValueInputProps) {
  const isPreset = schema.default === true;
  return (
    <Switch
      id={id}
      aria-label={label}
      aria-describedby={describedBy}
      isChecked={typeof value === 'boolean' ? value : isPreset}
      isDisabled={isFixed}
      // As it is without being said, it is left out.
      onChange={(_event, isOn) => onChange(isOn === isPreset ? undefined : isOn)}
    />
  );
}

/** In the person's own time; sent with its zone, as RFC 3339 has it. */
function TimeInput(props: ValueInputProps) {
  const moment = typeof props.value === 'string' ? new Date(props.value) : undefined;
  const isKnown = moment !== undefined && !Number.isNaN(moment.getTime());
  return (
    <TextInput
      {...common(props)}
      {...(props.isFixed ? fixed : {})}
      type="datetime-local"
      step={1}
      value={isKnown ? localTime(moment) : ''}
      onChange={(_event, text) => props.onChange(text === '' ? undefined : new Date(text).toISOString())}
    />
  );
}

const MINUTE_MS = 60_000;

/** `2026-11-22T16:36:00`, as the clock of the person shows it. */
const localTime = (moment: Date): string =>
  new Date(moment.getTime() - moment.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19);

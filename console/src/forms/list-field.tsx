/** A list of values or of groups of fields; of a few words to choose from, a box for each. */
import {
  Button,
  Checkbox,
  FormFieldGroup,
  FormFieldGroupHeader,
  FormGroup,
  InputGroup,
  InputGroupItem,
} from '@patternfly/react-core';
import { MinusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/minus-circle-icon';
import { PlusCircleIcon } from '@patternfly/react-icons/dist/esm/icons/plus-circle-icon';
import { useTexts } from '../texts/texts.ts';
import { Description, useFieldTexts } from '../texts/use-field-texts.tsx';
import { choiceText } from './choice-text.ts';
import { Field, type FieldProps, useIsFixed } from './field.tsx';
import { FieldNotes, notesId, useProblems } from './field-notes.tsx';
import type { ListSchema } from './field-schema.ts';
import { fieldId, useForm } from './form-context.ts';
import { Members } from './object-field.tsx';
import { childPath, emptyValue } from './value.ts';
import { ValueInput } from './value-input.tsx';

type ListFieldProps = FieldProps & { readonly schema: ListSchema };

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function ListField(props: ListFieldProps) {
  const { items } = props.schema;
  return items.type === 'choice' ? (
    <ChoicesField {...props} options={items.options} />
  ) : (
    <ItemsField {...props} />
  );
}

function ChoicesField(props: ListFieldProps & { readonly options: readonly (string | number)[] }) {
  const { schema, label, path, value, isRequired, options, onChange } = props;
  const { leave } = useForm();
  const { word } = useFieldTexts();
  const isFixed = useIsFixed(schema, path);
  const chosen = itemsOf(value);
  return (
    <FormGroup role="group" label={label} fieldId={fieldId(path)} isRequired={isRequired}>
      <div className="casemate-choices">
        {options.map((option, index) => (
          <Checkbox
            key={option}
            id={index === 0 ? fieldId(`${path}[0]`) : `${fieldId(path)}:${option}`}
            label={choiceText(option, word)}
            isDisabled={isFixed}
            isChecked={chosen.includes(option)}
            onBlur={() => leave(path)}
            onChange={(_event, isOn) =>
              onChange(options.filter((one) => (one === option ? isOn : chosen.includes(one))))
            }
          />
        ))}
      </div>
      <FieldNotes path={path} description={schema.description} isFixed={isFixed} />
    </FormGroup>
  );
}

function ItemsField({ schema, name, label, path, value, isRequired, onChange }: ListFieldProps) {
  const { say } = useTexts();
  const isFixed = useIsFixed(schema, path);
  const items = itemsOf(value);
  const isFull = schema.items_max !== undefined && items.length >= schema.items_max;
  const change = (index: number, next: unknown) =>
    onChange(items.map((item, at) => (at === index ? next : item)));
  const remove = (index: number) => {
    const rest = items.filter((_item, at) => at !== index);
    onChange(rest.length === 0 && !isRequired ? undefined : rest);
  };
  return (
    <FormFieldGroup
      header={
        <FormFieldGroupHeader
          titleText={{ text: isRequired ? `${label} *` : label, id: fieldId(path) }}
          titleDescription={schema.description === '' ? undefined : <Description text={schema.description} />}
          actions={
            isFixed ? undefined : (
              <Button
                variant="link"
                icon={<PlusCircleIcon />}
                isDisabled={isFull}
                aria-label={say('forms.addField', { field: label })}
                onClick={() => onChange([...items, emptyValue(schema.items) ?? ''])}
              >
                {say('forms.add')}
              </Button>
            )
          }
        />
      }
    >
      <FieldNotes path={path} description="" isFixed={isFixed} />
      {items.map((item, index) => (
        <ListItem
          // biome-ignore lint/suspicious/noArrayIndexKey: items of a list have no other name while they are written
          key={index}
          schema={schema}
          name={name}
          label={say('forms.item', { field: label, number: index + 1 })}
          path={childPath(path, index)}
          value={item}
          isRequired={false}
          isFixed={isFixed}
          onChange={(next) => change(index, next)}
          onRemove={() => remove(index)}
        />
      ))}
    </FormFieldGroup>
  );
}

interface ListItemProps extends ListFieldProps {
  readonly isFixed: boolean;
  onRemove(): void;
}

function ListItem({ schema, name, label, path, value, isFixed, onChange, onRemove }: ListItemProps) {
  const { say } = useTexts();
  const { leave } = useForm();
  const { items } = schema;
  const isWrong = useProblems(path).length > 0;
  const removal = isFixed ? undefined : (
    <Button
      variant="plain"
      icon={<MinusCircleIcon />}
      aria-label={say('forms.removeField', { field: label })}
      onClick={onRemove}
    />
  );
  if (items.type === 'object')
    return (
      <FormFieldGroup
        header={<FormFieldGroupHeader titleText={{ text: label, id: fieldId(path) }} actions={removal} />}
      >
        <FieldNotes path={path} description="" />
        <fieldset disabled={isFixed} className="casemate-fieldset">
          <Members schema={items} path={path} value={value} onChange={onChange} />
        </fieldset>
      </FormFieldGroup>
    );
  if (items.type === 'list' || items.type === 'map' || items.type === 'union' || items.type === 'any')
    return (
      <>
        <Field
          schema={items}
          name={name}
          label={label}
          path={path}
          value={value}
          isRequired={false}
          onChange={onChange}
        />
        {removal}
      </>
    );
  return (
    <FormGroup label={label} fieldId={fieldId(path)}>
      <InputGroup>
        <InputGroupItem isFill>
          <ValueInput
            id={fieldId(path)}
            schema={describedAs(schema)}
            name={name}
            label={label}
            value={value}
            describedBy={notesId(path)}
            isWrong={isWrong}
            isFixed={isFixed}
            isRequired={false}
            onChange={onChange}
            onLeave={() => leave(path)}
          />
        </InputGroupItem>
        <InputGroupItem>{removal}</InputGroupItem>
      </InputGroup>
      <FieldNotes path={path} description={items.description} />
    </FormGroup>
  );
}

/** What an item refers to is said by itself, or by its list: "Names of Users, each once." */
const describedAs = ({ items, description }: ListSchema): ListSchema['items'] =>
  items.description === '' ? { ...items, description } : items;

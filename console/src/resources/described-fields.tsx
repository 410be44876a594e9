/**
 * What an object says, field by field: called as people call it, with what its schema says of it for whoever asks. Texts stay texts: nothing that an
 * object says is ever markup.
 */
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  DescriptionListTermHelpText,
  DescriptionListTermHelpTextButton,
  List,
  ListItem,
  Popover,
} from '@patternfly/react-core';
import type { FieldSchema } from '../forms/field-schema.ts';
import { useTexts } from '../texts/texts.ts';
import { Description, useFieldTexts } from '../texts/use-field-texts.tsx';

const DEPTH_MAX = 8;
const ITEMS_SHOWN_MAX = 100;

export interface DescribedFieldsProps {
  /** Undefined: nothing is known of it, or not yet. */
  readonly schema: FieldSchema | undefined;
  readonly value: unknown;
  readonly depth?: number;
  /** Said before, of an item like this one. */
  readonly isAgain?: boolean;
}

export function DescribedFields({ schema, value, depth = 0, isAgain = false }: DescribedFieldsProps) {
  if (value === null || typeof value !== 'object') return <Single schema={schema} value={value} />;
  if (depth >= DEPTH_MAX) return <code>{JSON.stringify(value)}</code>;
  if (Array.isArray(value)) {
    const items = schema?.type === 'list' ? schema.items : undefined;
    return (
      <List isPlain>
        {value.slice(0, ITEMS_SHOWN_MAX).map((item, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items of a list have no other name
          <ListItem key={at}>
            <DescribedFields schema={items} value={item} depth={depth + 1} isAgain={isAgain || at > 0} />
          </ListItem>
        ))}
        {value.length > ITEMS_SHOWN_MAX && <ListItem>…</ListItem>}
      </List>
    );
  }
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '20ch' }}>
      {Object.entries(value).map(([name, field], at) => (
        <DescriptionListGroup key={name}>
          <Term schema={schema} name={name} isAgain={isAgain} />
          <DescriptionListDescription>
            <DescribedFields
              schema={memberOf(schema, name)}
              value={field}
              depth={depth + 1}
              isAgain={isAgain || (schema?.type === 'map' && at > 0)}
            />
          </DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  );
}

function memberOf(schema: FieldSchema | undefined, name: string): FieldSchema | undefined {
  switch (schema?.type) {
    case 'object':
      return schema.members.find((member) => member.name === name)?.schema;
    case 'map':
      return schema.values;
    // Of one of several shapes: the first that has such a field.
    case 'union':
      return schema.options.map((option) => memberOf(option, name)).find((found) => found !== undefined);
    default:
      return undefined;
  }
}

interface TermProps {
  readonly schema: FieldSchema | undefined;
  readonly name: string;
  readonly isAgain: boolean;
}

function Term({ schema, name, isAgain }: TermProps) {
  const { say } = useTexts();
  const texts = useFieldTexts();
  // Somebody chose the keys of a map.
  if (schema?.type === 'map' || schema?.type === 'any')
    return <DescriptionListTerm>{name}</DescriptionListTerm>;
  const label = texts.label(name);
  const description = memberOf(schema, name)?.description ?? '';
  if (description === '' || isAgain) return <DescriptionListTerm>{label}</DescriptionListTerm>;
  return (
    <DescriptionListTermHelpText>
      <Popover
        aria-label={label}
        closeBtnAriaLabel={say('close')}
        bodyContent={<Description text={description} />}
      >
        <DescriptionListTermHelpTextButton>{label}</DescriptionListTermHelpTextButton>
      </Popover>
    </DescriptionListTermHelpText>
  );
}

function Single({ schema, value }: { readonly schema: FieldSchema | undefined; readonly value: unknown }) {
  const { word } = useFieldTexts();
  const words =
    typeof value === 'boolean' || (schema?.type === 'choice' && typeof value === 'string')
      ? word(value)
      : undefined;
  const text = words ?? String(value ?? '');
  return <span className="casemate-value">{text}</span>;
}

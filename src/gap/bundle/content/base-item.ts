/** What every item of a recipe says, whatever its type. */
import { type Static, Type } from 'typebox';
import { NAME_PATTERN, VERSION_PATTERN } from '../tuf/schema.ts';

/** OpenVEX 0.2.0: what is said about one vulnerability. */
export const VexStatement = Type.Object(
  {
    vulnerability: Type.String({ minLength: 1, maxLength: 128, description: 'its name: CVE-2026-12345' }),
    status: Type.Union(
      [
        Type.Literal('not_affected'),
        Type.Literal('affected'),
        Type.Literal('fixed'),
        Type.Literal('under_investigation'),
      ],
      { description: 'not_affected, affected, fixed or under_investigation' },
    ),
    justification: Type.Optional(
      Type.Union(
        [
          Type.Literal('component_not_present'),
          Type.Literal('vulnerable_code_not_present'),
          Type.Literal('vulnerable_code_not_in_execute_path'),
          Type.Literal('vulnerable_code_cannot_be_controlled_by_adversary'),
          Type.Literal('inline_mitigations_already_exist'),
        ],
        { description: 'why it is not affected, in one of the words of OpenVEX' },
      ),
    ),
    impact: Type.Optional(Type.String({ maxLength: 4_096, description: 'why it is not affected, in words' })),
    action: Type.Optional(Type.String({ maxLength: 4_096, description: 'what to do where it is affected' })),
  },
  { additionalProperties: false },
);
export type VexStatement = Static<typeof VexStatement>;

export const baseFields = {
  type: Type.String({ maxLength: 32 }),
  name: Type.String({
    pattern: `^${NAME_PATTERN}$`,
    maxLength: 128,
    description: 'lower-case letters and digits, with single ".", "_" or "-" between them',
  }),
  version: Type.String({
    pattern: `^${VERSION_PATTERN}$`,
    description: 'letters, digits and "._+-", in quotation marks where it looks like a number',
  }),
  description: Type.Optional(Type.String({ maxLength: 1_024 })),
  licence: Type.String({
    minLength: 1,
    maxLength: 256,
    description: 'the SPDX identifier or expression of its licence, such as Apache-2.0',
  }),
  source: Type.Optional(Type.String({ maxLength: 2_048, description: 'where it comes from' })),
  vex: Type.Optional(Type.Array(VexStatement, { minItems: 1, maxItems: 4_096 })),
};

export const BaseItem = Type.Object(baseFields, { additionalProperties: true });
export type BaseItem = Static<typeof BaseItem>;

/** `<type>/<name>/<version>`: what the item is called in the signed list. */
export const targetPathOf = ({ type, name, version }: Pick<BaseItem, 'type' | 'name' | 'version'>): string =>
  `${type}/${name}/${version}`;

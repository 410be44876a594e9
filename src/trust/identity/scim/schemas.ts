/**
 * What a SCIM client may say of people and groups, as the library's schema definitions: these attributes and no others are ever looked
 * at, so nothing of a User or a Group can be set that is not named here. Whatever else a client sends is left aside, as RFC 7644 (3.3)
 * allows. Own definitions, because those that the library brings are one for the whole process and carry passwords, roles and more.
 */
import SCIMMY from 'scimmy';
import { invalidValue } from './scim-error.ts';

const { Attribute, SchemaDefinition, Schema } = SCIMMY.Types;

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const readOnly = { direction: 'out', mutable: false } as const;

const USER = new SchemaDefinition('User', USER_SCHEMA, 'A person of the organization.', [
  new Attribute('string', 'userName', {
    required: true,
    uniqueness: 'server',
    description: 'What role bindings name; lower case, and fixed once it is given.',
  }),
  new Attribute('complex', 'name', { description: 'Their name; only what others see is kept.' }, [
    new Attribute('string', 'formatted', { description: 'The whole name: the same as displayName.' }),
    new Attribute('string', 'givenName', { description: 'Used where neither whole name is given.' }),
    new Attribute('string', 'familyName', { description: 'Used where neither whole name is given.' }),
  ]),
  new Attribute('string', 'displayName', { description: 'What others see.' }),
  new Attribute('boolean', 'active', {
    description: 'False: signed out everywhere and let in no more, at once.',
  }),
  new Attribute('complex', 'emails', { multiValued: true, description: 'One is kept: the primary one.' }, [
    new Attribute('string', 'value', { description: 'The address.' }),
    new Attribute('string', 'type', { description: 'Kept for clients that ask for it: always "work".' }),
    new Attribute('boolean', 'primary', { description: 'Which one is kept.' }),
  ]),
  new Attribute(
    'complex',
    'groups',
    { ...readOnly, multiValued: true, description: 'Groups that this client provisions.' },
    [
      new Attribute('string', 'value', { ...readOnly, description: 'The id of the group.' }),
      new Attribute('string', 'display', { ...readOnly, description: 'Its displayName.' }),
    ],
  ),
]);

const GROUP = new SchemaDefinition('Group', GROUP_SCHEMA, 'People who hold roles together.', [
  new Attribute('string', 'displayName', { required: true, description: 'What others see.' }),
  new Attribute(
    'complex',
    'members',
    { multiValued: true, description: 'People that this client provisions.' },
    [
      new Attribute('string', 'value', { required: true, description: 'The id of a User.' }),
      new Attribute('string', 'display', { ...readOnly, description: 'Their displayName.' }),
    ],
  ),
]);

export interface ScimMeta {
  readonly created: string;
  readonly location: string;
  readonly version: string;
}

export interface ScimUser {
  readonly id: string;
  readonly externalId?: string;
  readonly userName: string;
  readonly name?: { readonly formatted?: string; readonly givenName?: string; readonly familyName?: string };
  readonly displayName?: string;
  readonly active?: boolean;
  readonly emails?: readonly {
    readonly value?: string;
    readonly type?: string;
    readonly primary?: boolean;
  }[];
  readonly groups?: readonly { readonly value: string; readonly display: string }[];
  readonly meta: ScimMeta;
}

export interface ScimGroup {
  readonly id: string;
  readonly externalId?: string;
  readonly displayName: string;
  readonly members?: readonly { readonly value: string; readonly display?: string }[];
  readonly meta: ScimMeta;
}

type Direction = 'in' | 'out' | 'both';

export class UserSchema extends Schema {
  static override get id() {
    return USER_SCHEMA;
  }
  static override get definition() {
    return USER;
  }
  constructor(data: object, direction?: Direction) {
    super(data, direction);
    Object.assign(this, USER.coerce(data, direction));
  }
}

export class GroupSchema extends Schema {
  static override get id() {
    return GROUP_SCHEMA;
  }
  static override get definition() {
    return GROUP;
  }
  constructor(data: object, direction?: Direction) {
    super(data, direction);
    Object.assign(this, GROUP.coerce(data, direction));
  }
}

/** What a client sent, as far as the schema knows it. Throws ScimError `invalidValue`. */
export function readResource<Resource>(schema: ResourceSchema, body: object): Resource {
  try {
    return JSON.parse(JSON.stringify(new schema(body, 'in'))) as Resource;
  } catch (error) {
    if (error instanceof TypeError) throw invalidValue(error.message);
    throw error;
  }
}

export type ResourceSchema = typeof UserSchema | typeof GroupSchema;

/** Sub-attributes by attribute, in lower case, of all that a schema names; empty for simple ones. */
export type AttributeNames = ReadonlyMap<string, readonly string[]>;

const lower = (name: string) => name.toLowerCase();

export function attributeNames({ definition }: ResourceSchema): AttributeNames {
  return new Map(
    definition.attributes
      .filter((one) => one instanceof Attribute)
      .map((one) => [lower(one.name), (one.subAttributes ?? []).map(({ name }) => lower(name))]),
  );
}

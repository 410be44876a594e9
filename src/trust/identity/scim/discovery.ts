/** What a client may ask before it does anything (RFC 7644, 4): what there is here, and what is not. Pure. */
import { PAGE_MAX } from './limits.ts';
import { GroupSchema, type ResourceSchema, UserSchema } from './schemas.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';
const off = { supported: false };

export const serviceProviderConfig = (base: string): object => ({
  schemas: [`${CORE}:ServiceProviderConfig`],
  patch: { supported: true },
  // One request, one change: each is authorized, decided and on record by itself.
  bulk: { ...off, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: PAGE_MAX },
  changePassword: off,
  sort: off,
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Service account token',
      description: 'A token of a service account of this organization: kubectl create token.',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
});

const SCHEMAS: readonly ResourceSchema[] = [UserSchema, GroupSchema];

export const schemas = (base: string): readonly { readonly id: string }[] =>
  SCHEMAS.map(({ definition }) => JSON.parse(JSON.stringify(definition.describe(`${base}/Schemas`))));

export const resourceTypes = (base: string): readonly { readonly id: string }[] =>
  SCHEMAS.map(({ definition: { id: schema, name, description } }) => ({
    schemas: [`${CORE}:ResourceType`],
    id: name,
    name,
    description,
    endpoint: `/${name}s`,
    schema,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }));

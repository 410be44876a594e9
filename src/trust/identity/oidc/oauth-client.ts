/**
 * OAuthClient: an application of the tenant's own that lets people sign in with their account here. What it is told is who they are; it
 * gets no token for the API of this region.
 */
import { type Static, Type } from 'typebox';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { SET } from '#kernel/list-type.ts';
import { IDENTITY_GROUP } from '../api-group.ts';

const URIS_MAX = 16;
const URI_LENGTH_MAX = 1_024;
/** Clients of this prefix are ours; so is the audience `casemate`. */
const RESERVED = /^casemate(-|$)/;
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost']);

const uris = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: URI_LENGTH_MAX }), {
    ...SET,
    maxItems: URIS_MAX,
    description,
  });

const SPEC = Type.Object({
  displayName: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'What people see when they sign in.',
  }),
  redirectUris: uris(
    'Where people are sent back to, compared letter by letter: https, or http on a loopback address (any port) for an application on their own machine.',
  ),
  postLogoutRedirectUris: Type.Optional(uris('Where people may be sent after they signed out.')),
  public: Type.Optional(
    Type.Boolean({
      description:
        'True: it cannot keep a secret (a page, an app). False, the default: it proves itself with the secret that the action "secret" gives.',
    }),
  ),
  secretGeneration: Type.Optional(
    Type.Integer({ minimum: 1, default: 1, description: 'Raise it to replace the secret at once.' }),
  ),
  backchannelLogoutUri: Type.Optional(
    Type.String({
      maxLength: URI_LENGTH_MAX,
      description:
        'An https address that is told when somebody’s sign-in ended (OpenID Connect Back-Channel Logout).',
    }),
  ),
});

export type OAuthClientSpec = Static<typeof SPEC>;

/** What is wrong with a redirect URI, or undefined. Pure. */
export function redirectProblem(uri: string): string | undefined {
  const parsed = URL.parse(uri);
  if (!parsed) return 'must be an absolute URI';
  if (parsed.hash !== '' || uri.includes('#')) return 'must have no fragment (RFC 6749, 3.1.2)';
  if (parsed.username !== '' || parsed.password !== '') return 'must have no user or password in it';
  if (uri.includes('*')) return 'must be one address: there are no wildcards';
  if (parsed.protocol === 'https:') return undefined;
  if (parsed.protocol === 'http:' && LOOPBACK_HOSTS.has(parsed.hostname)) return undefined;
  return 'must be https, or http on 127.0.0.1, [::1] or localhost';
}

function backchannelProblem(uri: string): string | undefined {
  const problem = redirectProblem(uri);
  if (problem !== undefined) return problem;
  return new URL(uri).protocol === 'https:' ? undefined : 'must be https';
}

function guardOAuthClient({ operation, object }: AdmissionRequest): void {
  if (operation === 'delete') return;
  const { name } = object.metadata;
  const spec = object.spec as OAuthClientSpec;
  const causes: StatusCause[] = [];
  const check = (field: string, problem: string | undefined) => {
    if (problem !== undefined) causes.push({ reason: 'FieldValueInvalid', field, message: problem });
  };
  if (RESERVED.test(name)) check('metadata.name', 'names that begin with "casemate" are the region’s own');
  spec.redirectUris.forEach((uri, at) => {
    check(`spec.redirectUris[${at}]`, redirectProblem(uri));
  });
  spec.postLogoutRedirectUris?.forEach((uri, at) => {
    check(`spec.postLogoutRedirectUris[${at}]`, redirectProblem(uri));
  });
  if (spec.backchannelLogoutUri !== undefined)
    check('spec.backchannelLogoutUri', backchannelProblem(spec.backchannelLogoutUri));
  if (causes.length > 0) throw invalid({ group: IDENTITY_GROUP, kind: 'OAuthClient', name }, causes);
}

export const OAuthClient = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'OAuthClient',
  plural: 'oauthclients',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'An application that people of this realm sign in to with OpenID Connect. Its client_id is its name. It learns who they are, and can do nothing in their name here.',
  spec: SPEC,
  columns: [
    { name: 'Display Name', type: 'string', description: 'What people see.', value: 'spec.displayName' },
    {
      name: 'Public',
      type: 'boolean',
      description: 'Whether it has no secret.',
      value: (object) => (object.spec as OAuthClientSpec).public ?? false,
    },
  ],
  immutable: ['spec.public'],
  subresources: {
    secret: {
      type: 'action',
      description: 'Gives the client secret, for the application’s own configuration.',
      request: Type.Object({}),
      response: Type.Object({ client_id: Type.String(), client_secret: Type.String() }),
    },
  },
  admit: guardOAuthClient,
});

export type OAuthClientObject = ObjectOf<typeof OAuthClient>;

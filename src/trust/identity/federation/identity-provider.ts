/**
 * IdentityProvider: somebody outside who says who people are: an organization's own OpenID Connect provider or SAML 2.0 identity provider.
 * Whoever runs it can sign in as every person linked to it and put them into every group with its prefix, so only an administrator makes
 * or changes one (`guard.ts`).
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import type { KubeObject } from '#kernel/object.ts';
import { IDENTITY_GROUP } from '../api-group.ts';
import { provisionedBy } from '../people/provisioner.ts';

const PEM_LENGTH_MAX = 32_768;
const CERTIFICATES_MAX = 4;
const DOMAINS_MAX = 32;

const httpsAddress = (description: string) =>
  Type.String({ minLength: 9, maxLength: 1_024, pattern: '^https://[^\\s#]+$', description });

const OIDC = Type.Object(
  {
    issuer: httpsAddress('Its issuer, as its tokens say it; /.well-known/openid-configuration is below it.'),
    clientId: Type.String({ minLength: 1, maxLength: 256, description: 'What it knows us as.' }),
    clientSecretRef: Type.Optional(
      Type.Object(
        {
          project: Type.String({ minLength: 1, maxLength: 63, description: 'The project of the Secret.' }),
          name: Type.String({ minLength: 1, maxLength: 253, description: 'The name of the Secret.' }),
          key: Type.String({
            minLength: 1,
            maxLength: 253,
            default: 'clientSecret',
            description: 'Which of its values.',
          }),
        },
        { description: 'The secret that we prove ourselves with. Absent: a public client, by PKCE alone.' },
      ),
    ),
    scopes: Type.Array(Type.String({ minLength: 1, maxLength: 64, pattern: '^[!#-\\[\\]-~]+$' }), {
      ...SET,
      maxItems: 16,
      default: ['openid', 'profile', 'email'],
      description: 'What is asked for; openid always.',
    }),
    ca: Type.Optional(
      Type.String({
        maxLength: PEM_LENGTH_MAX,
        description: 'Who certified its server, PEM. Absent: the authorities that this machine trusts.',
      }),
    ),
  },
  { description: 'Where type is oidc.' },
);

const SAML = Type.Object(
  {
    entityId: Type.String({
      minLength: 1,
      maxLength: 1_024,
      description: 'Its entityID: who issues assertions.',
    }),
    ssoUrl: httpsAddress('Where browsers are sent to: its single sign-on service, HTTP-Redirect.'),
    certificates: Type.Array(Type.String({ minLength: 1, maxLength: PEM_LENGTH_MAX }), {
      minItems: 1,
      maxItems: CERTIFICATES_MAX,
      description: 'What it signs with, PEM; two while it changes its key.',
    }),
  },
  { description: 'Where type is saml. Assertions must be signed; responses may be too.' },
);

const claim = (description: string, fallback?: string) =>
  Type.String({
    minLength: 1,
    maxLength: 256,
    ...(fallback === undefined ? {} : { default: fallback }),
    description,
  });

const MAPPING = Type.Object(
  {
    subject: Type.Optional(
      claim(
        'The claim or attribute that names a person for ever. Default: sub (OIDC), the persistent NameID (SAML).',
      ),
    ),
    user: claim(
      'The claim or attribute that becomes the name of a User made at their first sign-in: alice.ministry.example for alice@ministry.example.',
      'email',
    ),
    displayName: claim('What others see.', 'name'),
    email: claim('Where to reach them.', 'email'),
    groups: Type.Optional(claim('The claim or attribute that lists groups. Absent: none are taken.')),
    groupPrefix: Type.Optional(
      Type.String({
        minLength: 2,
        maxLength: 32,
        pattern: '^[a-z0-9][-a-z0-9._@]*[-._@]$',
        description:
          'What stands before each of its groups here, "ministry.": no group made here may begin with it. Required for groups.',
      }),
    ),
    allowedDomains: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 253, pattern: '^[a-z0-9.-]+$' }), {
        ...SET,
        maxItems: DOMAINS_MAX,
        description: 'Only people whose email is in one of these may sign in.',
      }),
    ),
  },
  { default: {}, description: 'What its claims or attributes mean here.' },
);

const SPEC = Type.Object({
  type: oneOf(['oidc', 'saml'], { description: 'What it speaks.' }),
  displayName: Type.String({ minLength: 1, maxLength: 64, description: 'What the sign-in page calls it.' }),
  disabled: Type.Optional(
    Type.Boolean({ description: 'True: nobody signs in with it, and nothing connects to it.' }),
  ),
  oidc: Type.Optional(OIDC),
  saml: Type.Optional(SAML),
  mapping: MAPPING,
  autoCreateUsers: Type.Boolean({
    default: false,
    description:
      'Makes a User at the first sign-in of somebody unknown, if their name is free and holds nothing yet. Otherwise only those who are linked to it already may sign in.',
  }),
  provisionedBy: provisionedBy(
    'The SCIM client of the same directory: people that it makes are linked to this provider by their externalId.',
  ),
});

const STATUS = Type.Object({
  conditions: CONDITIONS,
  observedGeneration: OBSERVED_GENERATION,
  metadataFetchedAt: Type.Optional(Type.String({ description: 'When its metadata was last read (OIDC).' })),
});

const specOf = (object: KubeObject) => object.spec as Static<typeof SPEC>;

export const IdentityProvider = defineKind({
  group: IDENTITY_GROUP,
  version: 'v1',
  kind: 'IdentityProvider',
  plural: 'identityproviders',
  shortNames: ['idp'],
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'An OpenID Connect provider or SAML 2.0 identity provider of your own that people sign in with. Whoever runs it can be any person linked to it. Deleting it lets nobody in with it any more.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Type', type: 'string', description: 'What it speaks.', value: 'spec.type' },
    { name: 'Display Name', type: 'string', description: 'On the sign-in page.', value: 'spec.displayName' },
    READY_COLUMN,
    {
      name: 'Where',
      type: 'string',
      description: 'Its issuer or entityID.',
      value: (object) => specOf(object).oidc?.issuer ?? specOf(object).saml?.entityId,
    },
  ],
});

export type IdentityProviderObject = ObjectOf<typeof IdentityProvider>;
export type IdentityProviderSpec = IdentityProviderObject['spec'];

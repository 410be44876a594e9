/** The request and the answer of `serviceaccounts/token`: authentication.k8s.io/v1 TokenRequest, as kubectl sends and prints it. */
import { type Static, Type } from 'typebox';

/** Kubernetes allows no less than ten minutes. */
export const EXPIRATION_SECONDS_MIN = 600;
export const EXPIRATION_SECONDS_MAX = 24 * 60 * 60;
const EXPIRATION_SECONDS_DEFAULT = 3_600;
const AUDIENCES_MAX = 8;
const AUDIENCE_LENGTH_MAX = 256;

const SPEC = Type.Object(
  {
    audiences: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: AUDIENCE_LENGTH_MAX }), {
        maxItems: AUDIENCES_MAX,
        description: 'Whom the token is for. Default: this API (casemate).',
      }),
    ),
    expirationSeconds: Type.Optional(
      Type.Integer({
        minimum: EXPIRATION_SECONDS_MIN,
        maximum: EXPIRATION_SECONDS_MAX,
        default: EXPIRATION_SECONDS_DEFAULT,
        description: 'How long it counts.',
      }),
    ),
    boundObjectRef: Type.Optional(
      Type.Null({ description: 'Tokens are bound to the service account itself, to nothing else.' }),
    ),
  },
  { default: {} },
);

const NOTHING = Type.Optional(Type.Record(Type.String(), Type.Unknown()));

export const tokenRequest = Type.Object({
  kind: Type.Optional(Type.String({ maxLength: 64 })),
  apiVersion: Type.Optional(Type.String({ maxLength: 64 })),
  metadata: NOTHING,
  spec: Type.Optional(SPEC),
  status: NOTHING,
});

export const tokenResponse = Type.Object({
  kind: Type.String(),
  apiVersion: Type.String(),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  spec: SPEC,
  status: Type.Object({ token: Type.String(), expirationTimestamp: Type.String() }),
});

export type TokenRequestSpec = Static<typeof SPEC>;

/** What the process that serves objects may ask, as schemas: it reads what strangers send, so the region process takes its word for nothing but that. */
import { type TSchema, Type } from 'typebox';
import type { RealmId } from '#kernel/realm-id.ts';
import { checker } from '#kernel/schema/kind-schema.ts';
import { DAMAGED_MAX } from '../bucket/damage.ts';
import { RELAYED_ID_MAX } from '../relay/relayed-key.ts';
import { GateError } from './channel.ts';
import { type GateCalls, RECORDS_MAX } from './protocol.ts';

const text = (maxLength: number) => Type.String({ maxLength });
const optional = (maxLength: number) => Type.Optional(text(maxLength));
const realm = Type.Unsafe<RealmId>(
  Type.String({ pattern: '^/orgs/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', maxLength: 80 }),
);
const accessKey = text(RELAYED_ID_MAX);
const name = text(253);
const uid = text(64);
const project = text(63);
const verb = Type.Enum(['get', 'list', 'create', 'update', 'delete'] as const);
const address = optional(64);
const spec = Type.Record(Type.String(), Type.Unknown());
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const version = Type.Integer({ minimum: 1, maximum: 1_000_000 });
const DETAILS_MAX = 8;

const record = Type.Object({
  realm,
  actor: text(512),
  credential: text(512),
  address,
  verb: text(32),
  subresource: text(32),
  project: Type.Optional(project),
  bucket: Type.Optional(name),
  details: Type.Record(Type.String({ maxLength: 32 }), text(1_024), { maxProperties: DETAILS_MAX }),
  decision: Type.Enum(['allowed', 'denied', 'unauthenticated', 'failed'] as const),
  reason: optional(1_024),
  code: Type.Integer({ minimum: 100, maximum: 599 }),
  requestId: text(64),
});

const change = { realm, accessKey, name, requestId: text(64), address };

const SCHEMAS = {
  begin: Type.Object({}),
  serves: Type.Object({ problem: optional(1_024) }),
  certificate: Type.Object({
    organization: Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' }),
  }),
  holder: Type.Object({ accessKey }),
  bucket: Type.Object({ realm, name }),
  buckets: Type.Object({ realm, accessKey, address, prefix: optional(63), after: optional(253) }),
  decide: Type.Object({
    realm,
    accessKey,
    verb,
    subresource: Type.Optional(Type.Enum(['objects', 'retention', 'governance'] as const)),
    project,
    bucket: name,
    address,
  }),
  bucketKey: Type.Object({ realm, uid, version }),
  change: Type.Union([
    Type.Object({ ...change, op: Type.Enum(['create', 'patch'] as const), spec }),
    Type.Object({ ...change, op: Type.Literal('delete') }),
  ]),
  record: Type.Object({ records: Type.Array(record, { maxItems: RECORDS_MAX }) }),
  used: Type.Object({
    buckets: Type.Array(Type.Object({ uid, realm, bytes: count, objects: count }), { maxItems: 1_000 }),
  }),
  allBuckets: Type.Object({ after: Type.Optional(Type.Object({ realm, name })) }),
  rest: Type.Object({}),
  damaged: Type.Object({
    realm,
    uid,
    objects: Type.Array(Type.Object({ key: text(1_024), version: text(64) }), { maxItems: DAMAGED_MAX }),
    count,
    isAll: Type.Boolean(),
  }),
} satisfies Record<keyof GateCalls, TSchema>;

type Answers = {
  readonly [M in keyof GateCalls]: (
    asked: Parameters<GateCalls[M]>[0],
  ) => Promise<ReturnType<GateCalls[M]>> | ReturnType<GateCalls[M]>;
};

/** The same answers, given only to what makes sense. */
export function checked(answers: Answers): Answers {
  const entries = Object.entries(SCHEMAS).map(([call, schema]) => {
    const causes = checker(schema, call, { showValues: false });
    const answer = answers[call as keyof GateCalls] as (asked: unknown) => unknown;
    return [
      call,
      (asked: unknown) => {
        const found = causes(asked);
        if (found[0] !== undefined) throw new GateError(`${found[0].field ?? call}: ${found[0].message}`);
        return answer(asked);
      },
    ];
  });
  return Object.fromEntries(entries) as Answers;
}

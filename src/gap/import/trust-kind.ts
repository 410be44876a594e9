/**
 * BundleTrust: whose bundles are let in. There is one, `region`: its root is proposed by one person and counts once another agreed; later roots follow from it by
 * signatures, in the bundles. It remembers what was accepted, so that nothing older is.
 */
import { type Static, Type } from 'typebox';
import { forbidden, invalid } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmView } from '#kernel/realm.ts';
import { ROOT_BYTES_MAX } from '../bundle/limits.ts';
import type { Accepted, Trust } from '../bundle/tuf/client.ts';
import { readRoot } from '../bundle/tuf/metadata.ts';

export const GAP_GROUP = 'gap.casemate.internal';
export const TRUST_KEY = { name: 'region' };
/** Names of bundles that can be told apart. */
export const NAMES_MAX = 1_024;
/** People other than who asks. */
const APPROVALS = 1;

const SPEC = Type.Object({
  root: Type.String({
    minLength: 2,
    maxLength: ROOT_BYTES_MAX,
    description: 'The first root, as 1.root.json has it.',
  }),
  trusted: Type.Optional(
    Type.Boolean({ description: 'True: it counts. Setting it takes the approval of somebody else.' }),
  ),
});

const STATUS = Type.Object({
  phase: oneOf(['Checking', 'AwaitingApproval', 'Trusted', 'Refused'], {
    description: 'What became of the root.',
  }),
  version: Type.Optional(Type.Integer({ description: 'Version of the root that counts, or would.' })),
  digest: Type.Optional(Type.String({ description: 'SHA-256 of its signed part.' })),
  signers: Type.Optional(
    Type.Array(Type.String(), { maxItems: 64, description: 'Who signs bundles, by that root.' }),
  ),
  threshold: Type.Optional(Type.Integer({ description: 'How many of them have to.' })),
  root: Type.Optional(Type.String({ description: 'The root that counts now.' })),
  accepted: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        version: Type.Integer(),
        digest: Type.String(),
        created: Type.String(),
      }),
      { maxItems: NAMES_MAX, description: 'The newest bundle of each name that was published.' },
    ),
  ),
  message: Type.Optional(Type.String({ description: 'Why it was refused.' })),
  conditions: CONDITIONS,
});

export type TrustStatus = Static<typeof STATUS>;

const isTrusted = ({ spec }: KubeObject) => (spec as Static<typeof SPEC>).trusted === true;

export const BundleTrust = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'BundleTrust',
  plural: 'bundletrusts',
  scope: 'Realm',
  realms: ['region'],
  description:
    'Whose bundles are let into the region: the root of their signatures, agreed to by two people, and what was accepted so far. There is one, called region.',
  spec: SPEC,
  status: STATUS,
  initialStatus: { phase: 'Checking' },
  immutable: ['spec.root'],
  guarded: [
    {
      transition: 'trust',
      approvals: APPROVALS,
      matches: (operation, object, previous) =>
        operation === 'update' && previous !== undefined && isTrusted(object) !== isTrusted(previous),
    },
    // It would forget what was accepted.
    { transition: 'delete', approvals: (object) => (isTrusted(object) ? APPROVALS : 0) },
  ],
  columns: [
    READY_COLUMN,
    { name: 'Root', type: 'integer', description: 'Version of the root.', value: 'status.version' },
    { name: 'Signers', type: 'integer', description: 'How many have to sign.', value: 'status.threshold' },
    { name: 'Digest', type: 'string', description: 'Of the root.', value: 'status.digest', priority: 1 },
  ],
  admit: (request) => admit(request),
});

export type BundleTrustObject = ObjectOf<typeof BundleTrust>;

function admit({ operation, object, previous }: AdmissionRequest): void {
  const { name } = object.metadata;
  const subject = { group: GAP_GROUP, kind: 'BundleTrust', name };
  if (operation === 'create') {
    if (name !== TRUST_KEY.name)
      throw invalid(subject, [
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.name',
          message: `there is one, called ${TRUST_KEY.name}`,
        },
      ]);
    if (isTrusted(object))
      throw forbidden(subject, 'spec.trusted: a root is proposed first, and agreed to then');
  }
  if (operation !== 'update' || previous === undefined || isTrusted(object) === isTrusted(previous)) return;
  if (!isTrusted(object))
    throw forbidden(subject, 'spec.trusted: trust is not taken back; delete the object');
  const phase = (previous.status as TrustStatus | undefined)?.phase;
  if (phase !== 'AwaitingApproval')
    throw forbidden(subject, `spec.trusted: it is ${phase}, and must be AwaitingApproval`);
}

/** What a bundle with a root of its own is held against: that root, and nothing that was accepted before. Throws BundleError. */
export const ownTrust = (root: string, ledger_ms: number): Trust => ({
  root: readRoot(Buffer.from(root), 'spec.root'),
  accepted: new Map(),
  ledger_ms,
});

/** What bundles are held against; undefined while nobody agreed on a root. Throws BundleError when what is kept is no root. */
export function trustIn(view: RealmView, ledger_ms: number): Trust | undefined {
  const status = view.get(BundleTrust, TRUST_KEY)?.status;
  if (status?.phase !== 'Trusted' || status.root === undefined) return undefined;
  const accepted = new Map(
    (status.accepted ?? []).map(({ name, version, digest, created }): [string, Accepted] => [
      name,
      { version, digest, created_ms: Date.parse(created) },
    ]),
  );
  return { root: readRoot(Buffer.from(status.root), 'the trusted root'), accepted, ledger_ms };
}

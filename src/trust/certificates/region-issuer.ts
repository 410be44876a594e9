/**
 * RegionIssuer: an issuer of the region that a root vouches for which is kept offline. The region makes a key and asks; a ceremony on another
 * machine answers; what it answered, with its transcript, is this object, and so in the region's ledger. Stages let clients follow: first they
 * learn the new root, then it is used, then the old one is dropped.
 */
import { type Static, Type } from 'typebox';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import type { Realms, RealmView } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { CERTIFICATES_GROUP } from '../acme/api-group.ts';
import type { OfflineIssuer } from './change-over.ts';

const PEM_LENGTH_MAX = 16_384;
const TRANSCRIPT_LENGTH_MAX = 65_536;

const SPEC = Type.Object(
  {
    certificate: Type.Optional(
      Type.String({ maxLength: PEM_LENGTH_MAX, description: 'What the ceremony signed, in PEM.' }),
    ),
    root: Type.Optional(Type.String({ maxLength: PEM_LENGTH_MAX, description: 'The offline root, in PEM.' })),
    cross: Type.Optional(
      Type.String({
        maxLength: PEM_LENGTH_MAX,
        description:
          'The offline root, vouched for by the offline root before it, in PEM: for clients that know only that one.',
      }),
    ),
    transcript: Type.Optional(
      Type.String({
        maxLength: TRANSCRIPT_LENGTH_MAX,
        description: 'Who did what in the ceremony, in words and digests. No secret.',
      }),
    ),
    stage: Type.Optional(
      oneOf(['announced', 'active', 'alone'], {
        default: 'announced',
        description:
          'announced: clients are given its root beside the old one. active: it signs. alone: the old root is given to nobody any more.',
      }),
    ),
  },
  { default: {} },
);

const STATUS = Type.Object({
  request: Type.Optional(
    Type.String({ description: 'What the ceremony is asked to sign; casemate ca request prints it.' }),
  ),
  number: Type.Optional(Type.Integer({ description: 'Its number among the region’s issuers.' })),
  cross: Type.Optional(
    Type.String({ description: 'The offline root, vouched for by the region’s own, in PEM.' }),
  ),
  notAfter: Type.Optional(
    Type.String({ description: 'When it ends; by then another ceremony has made the next one.' }),
  ),
  fingerprint: Type.Optional(Type.String({ description: 'SHA-256 of its certificate.' })),
  rootFingerprint: Type.Optional(Type.String({ description: 'SHA-256 of the offline root.' })),
  transcriptDigest: Type.Optional(Type.String({ description: 'SHA-256 of the transcript.' })),
  observedGeneration: OBSERVED_GENERATION,
  conditions: CONDITIONS,
});

export const RegionIssuer = defineKind({
  group: CERTIFICATES_GROUP,
  version: 'v1',
  kind: 'RegionIssuer',
  plural: 'regionissuers',
  scope: 'Realm',
  realms: ['region'],
  description:
    'An issuer of this region below a root that is kept offline: the request for it, what a ceremony answered, and how far clients have followed.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'Stage', type: 'string', description: 'How far clients have followed.', value: 'spec.stage' },
    { name: 'Number', type: 'integer', description: 'Among the issuers.', value: 'status.number' },
    READY_COLUMN,
    { name: 'Expires', type: 'string', description: 'When it ends.', value: 'status.notAfter' },
  ],
  immutable: ['spec.certificate', 'spec.root', 'spec.cross', 'spec.transcript'],
});

export type RegionIssuerObject = ObjectOf<typeof RegionIssuer>;
export type RegionIssuerStatus = Static<typeof STATUS>;

/** Those that were imported. `view` of the region. */
export const importedIn = (view: RealmView): readonly OfflineIssuer[] =>
  view.list(RegionIssuer).flatMap(({ metadata, spec, status }): OfflineIssuer[] => {
    const { number, cross } = status ?? {};
    if (number === undefined || cross === undefined || spec.root === undefined) return [];
    if (metadata.deletionTimestamp !== undefined) return [];
    const vouched = spec.cross === undefined ? {} : { vouched: spec.cross };
    return [{ number, cross, root: spec.root, ...vouched, stage: spec.stage ?? 'announced' }];
  });

/** The same, as `issuers.ts` wants them. */
export const importedIssuers = (realms: Pick<Realms, 'use'>) => (): Promise<readonly OfflineIssuer[]> =>
  realms.use(REGION, ({ view }) => importedIn(view));

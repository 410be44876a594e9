/**
 * BundleImport: one bundle on its way into the region. It is copied into quarantine, verified and scanned by itself; then it waits for somebody to ask for its
 * publishing, and for somebody else to agree. What it imports never changes: another file is another object.
 */
import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { SEVERITIES } from '../advisories/model.ts';
import { ITEMS_MAX, MIB, ROOT_BYTES_MAX } from '../bundle/limits.ts';
import { GAP_GROUP } from './trust-kind.ts';

/** Objects, ended ones included. */
export const IMPORTS_MAX = 1_000;
export const REFUSALS_MAX = 64;
export const ITEMS_SHOWN_MAX = 256;
const REMARKS_MAX = 32;
/** People other than who asks. */
const APPROVALS = 1;

export const PHASES = [
  'Receiving',
  'Verifying',
  'Scanning',
  'AwaitingApproval',
  'Publishing',
  'Published',
  'Retiring',
  'Retired',
  'Refused',
] as const;
export type Phase = (typeof PHASES)[number];

const SPEC = Type.Object({
  source: Type.Optional(
    Type.String({
      // No segment begins with a dot, so none leads out.
      pattern: '^[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*$',
      maxLength: 255,
      description:
        'A file or a folder below the inbox of the region’s machine (gap/inbox in its data folder).',
    }),
  ),
  upload: Type.Optional(
    Type.Literal(true, {
      description: 'It comes through the API, in place of source: casemate gap import -.',
    }),
  ),
  root: Type.Optional(
    Type.String({
      minLength: 2,
      maxLength: ROOT_BYTES_MAX,
      description:
        'What it is held against in place of BundleTrust: only of base content that this machine made itself, and only its own bring-up says so.',
    }),
  ),
  publish: Type.Optional(
    Type.String({
      maxLength: 71,
      description:
        'The digest that is to be published, as status.bundle.digest has it. Setting it takes the approval of somebody else.',
    }),
  ),
  retire: Type.Optional(
    Type.Literal(true, {
      description: 'It is to be content no more. Setting it takes the approval of somebody else.',
    }),
  ),
});

const text = (description: string) => Type.String({ description });

const BUNDLE = Type.Object({
  name: text('Versions count among bundles of one name.'),
  version: Type.Integer({ description: 'Never lower than one that was published before.' }),
  created: text('When it was made, by its own word.'),
  ageDays: Type.Integer({ description: 'How old it was when it came.' }),
  digest: text('What it is; the same however many signed.'),
  root: Type.Integer({ description: 'Version of the root that it was held against.' }),
  signers: Type.Array(Type.String(), { maxItems: 64, description: 'Whose signatures counted.' }),
  threshold: Type.Integer({ description: 'How many had to.' }),
  items: Type.Array(Type.String(), { maxItems: ITEMS_SHOWN_MAX, description: 'What is in it.' }),
  itemCount: Type.Integer({ maximum: ITEMS_MAX, description: 'How many.' }),
  remarks: Type.Array(Type.String(), { maxItems: REMARKS_MAX, description: 'What a person should know.' }),
});

/** Findings that one import shows, the worst first. */
export const SCAN_FINDINGS_MAX = 100;

const FindingSchema = Type.Object({
  id: text('The vulnerability.'),
  severity: oneOf(SEVERITIES, { description: 'As the source rates it.' }),
  item: text('In which item of the bundle.'),
  package: text('Package and version.'),
  fixedIn: Type.Optional(text('The first version that is not affected.')),
  open: Type.Boolean({ description: 'False: a VEX statement says that nothing is to be done.' }),
  vex: Type.Optional(text('Whose statement that is; absent: of the signers of the bundle.')),
});
export type ScanFinding = Static<typeof FindingSchema>;

const ArchivesSchema = Type.Object({
  opened: Type.Integer({ description: 'Packages, layers and images that were looked into.' }),
  entries: Type.Integer({ description: 'What is in them.' }),
});
export type ArchivesStatus = Static<typeof ArchivesSchema>;

export const ScanSchema = Type.Object({
  message: text('What was scanned, with what.'),
  dataOf: Type.Optional(text('How old the advisories are; absent: there were none.')),
  packages: Type.Integer({ description: 'Packages in its bills of materials.' }),
  unidentified: Type.Integer({ description: 'What cannot be looked up.' }),
  open: Type.Record(Type.String(), Type.Integer(), {
    maxProperties: 8,
    description: 'Open findings, by severity.',
  }),
  settled: Type.Integer({ description: 'Findings that a VEX statement settles.' }),
  findings: Type.Optional(
    Type.Array(FindingSchema, {
      maxItems: SCAN_FINDINGS_MAX,
      description: 'What was found, the worst first; no more than that many.',
    }),
  ),
  archives: Type.Optional(ArchivesSchema),
});
export type ScanStatus = Static<typeof ScanSchema>;

export const ImportRefusalSchema = Type.Object({
  reason: text('One word for programs.'),
  part: text('The role, signer, item, blob or block that is wrong.'),
  message: text('What is wrong with it.'),
});
export type ImportRefusal = Static<typeof ImportRefusalSchema>;

const STATUS = Type.Object({
  phase: oneOf(PHASES, { description: 'How far it is.' }),
  requestedBy: text('Who brought it.'),
  bytes: Type.Optional(
    Type.Object(
      { done: Type.Integer(), total: Type.Integer() },
      { description: 'How much of it is in quarantine.' },
    ),
  ),
  upload: Type.Optional(
    Type.Object({ bytes: Type.Integer() }, { description: 'All of it has come through the API.' }),
  ),
  bundle: Type.Optional(BUNDLE),
  scan: Type.Optional(ScanSchema),
  refusals: Type.Optional(
    Type.Array(ImportRefusalSchema, { maxItems: REFUSALS_MAX, description: 'Why it is refused.' }),
  ),
  publishedAt: Type.Optional(text('When it became content.')),
  content: Type.Optional(
    Type.Object(
      { bytes: Type.Integer(), added: Type.Integer() },
      { description: 'Bytes of all it brought, and of what was not there before.' },
    ),
  ),
  retiredAt: Type.Optional(text('When it ceased to be content.')),
  freed: Type.Optional(Type.Integer({ description: 'Bytes that went with it: nothing else needed them.' })),
  conditions: CONDITIONS,
});

export type ImportStatus = Static<typeof STATUS>;

const statusOf = (object: KubeObject | undefined) => object?.status as ImportStatus | undefined;
const publishOf = (object: KubeObject | undefined) =>
  (object?.spec as Static<typeof SPEC> | undefined)?.publish;

const retireOf = (object: KubeObject | undefined) =>
  (object?.spec as Static<typeof SPEC> | undefined)?.retire;

export const BundleImport = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'BundleImport',
  plural: 'bundleimports',
  shortNames: ['bi'],
  scope: 'Realm',
  realms: ['region'],
  description:
    'A bundle on its way into the region: held in quarantine, verified, scanned, agreed to by two people, published. Or refused, with the exact part that is wrong.',
  spec: SPEC,
  status: STATUS,
  bornStatus: (_object, actor) => ({ phase: 'Receiving', requestedBy: actor.name }),
  immutable: ['spec.source', 'spec.upload', 'spec.root'],
  guarded: [
    {
      transition: 'publish',
      approvals: APPROVALS,
      matches: (operation, object, previous) =>
        operation === 'update' && publishOf(object) !== publishOf(previous),
    },
    // Instances install from it, and an update that is gone protects nobody.
    {
      transition: 'retire',
      approvals: APPROVALS,
      matches: (operation, object, previous) =>
        operation === 'update' && retireOf(object) !== retireOf(previous),
    },
  ],
  columns: [
    { name: 'Phase', type: 'string', description: 'How far it is.', value: 'status.phase' },
    {
      name: 'Received',
      type: 'string',
      description: 'How much of it is in quarantine.',
      value: (object) => percent(statusOf(object)),
    },
    { name: 'Bundle', type: 'string', description: 'Its name.', value: 'status.bundle.name' },
    { name: 'Version', type: 'integer', description: 'Its version.', value: 'status.bundle.version' },
    {
      name: 'Added',
      type: 'string',
      description: 'What it takes on the disk that was not there before.',
      value: (object) => mebibytesOf(statusOf(object)),
    },
    {
      name: 'Refused For',
      type: 'string',
      description: 'What is wrong.',
      value: (object) => statusOf(object)?.refusals?.[0]?.part,
    },
    { name: 'By', type: 'string', description: 'Who brought it.', value: 'status.requestedBy', priority: 1 },
    {
      name: 'Digest',
      type: 'string',
      description: 'What it is.',
      value: 'status.bundle.digest',
      priority: 1,
    },
  ],
  admit: (request) => admit(request),
});

export type BundleImportObject = ObjectOf<typeof BundleImport>;

function percent(status: ImportStatus | undefined): string | undefined {
  if (status?.bytes === undefined) return undefined;
  const { done, total } = status.bytes;
  return `${total === 0 ? 100 : Math.floor((100 * done) / total)}%`;
}

function mebibytesOf(status: ImportStatus | undefined): string | undefined {
  if (status?.content === undefined || status.phase !== 'Published') return undefined;
  return `${Math.ceil(status.content.added / MIB)} MiB`;
}

function admit({ operation, kind, object, previous, view, actor }: AdmissionRequest): void {
  const subject = { group: GAP_GROUP, kind: 'BundleImport', name: object.metadata.name };
  const publish = publishOf(object);
  if (operation === 'create') {
    if (view.count(kind) >= IMPORTS_MAX)
      throw forbidden(subject, `there are ${IMPORTS_MAX} already; delete some that have ended`);
    if ((object.spec as Static<typeof SPEC>).root !== undefined && !isInternal(actor))
      throw forbidden(
        subject,
        'spec.root: what a bundle is held against is agreed to by two people: BundleTrust',
      );
    const { source, upload } = object.spec as Static<typeof SPEC>;
    if ((source === undefined) === (upload === undefined))
      throw forbidden(subject, 'spec: either source or upload says where it comes from');
    if (publish !== undefined)
      throw forbidden(subject, 'spec.publish: nothing is published before it was verified and agreed to');
  }
  if (operation === 'update' && retireOf(object) !== retireOf(previous)) {
    const phase = statusOf(previous)?.phase;
    if (retireOf(object) !== true)
      throw forbidden(subject, 'spec.retire: it is not taken back; import the bundle again');
    if (phase !== 'Published')
      throw forbidden(subject, `spec.retire: it is ${phase}, and only what is Published is retired`);
  }
  if (operation !== 'update' || publish === publishOf(previous)) return;
  const status = statusOf(previous);
  if (status?.phase !== 'AwaitingApproval')
    throw forbidden(subject, `spec.publish: it is ${status?.phase}, and must be AwaitingApproval`);
  if (publish !== status.bundle?.digest)
    throw forbidden(subject, `spec.publish: must be status.bundle.digest, ${status.bundle?.digest}`);
}

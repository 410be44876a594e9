/**
 * ExportRequest: files that somebody wants to leave the realm, for a recipient, with a reason. What leaves is said by digest when it is asked for and never changes; the
 * content follows, is checked, and waits for two people other than who asked. Blocked requests say which rule, and where.
 */

import { hash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { forbidden, invalid, type StatusCause } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, oneOf } from '#kernel/kind-parts.ts';
import type { KubeObject } from '#kernel/object.ts';
import { GAP_GROUP } from '../import/trust-kind.ts';
import { RULE_NAMES } from './check/finding.ts';
import {
  EXPORT_BYTES_MAX,
  FILES_MAX,
  FINDINGS_MAX,
  HELD_BYTES_MAX,
  OPEN_REQUESTS_MAX,
  PIECE_BYTES,
  REQUESTS_MAX,
  UPLOAD_MS,
} from './limits.ts';
import { exportPolicyIn, refusedBy } from './policy-kind.ts';

/** People other than who asks. */
export const REVIEWERS = 2;

export const EXPORT_PHASES = [
  'Uploading',
  'Checking',
  'AwaitingApproval',
  'Packaging',
  'Released',
  'Blocked',
  'Denied',
  'Expired',
] as const;
export type ExportPhase = (typeof EXPORT_PHASES)[number];
/** In which content is kept. */
export const OPEN_PHASES: readonly ExportPhase[] = ['Uploading', 'Checking', 'AwaitingApproval', 'Packaging'];

const text = (description: string, maxLength = 4_096) => Type.String({ maxLength, description });

/** No segment is empty or leads out; nothing in it that a terminal would obey. */
export const PATH_PATTERN =
  '^(?!\\.{1,2}(?:/|$))[^/\\u0000-\\u001f\\u007f]+(?:/(?!\\.{1,2}(?:/|$))[^/\\u0000-\\u001f\\u007f]+)*$';

const FILE = Type.Object({
  path: Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: PATH_PATTERN,
    description: 'What it is called in the package.',
  }),
  size: Type.Integer({ minimum: 0, maximum: EXPORT_BYTES_MAX, description: 'Bytes.' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Its digest, in hex.' }),
});
export type ExportFile = Static<typeof FILE>;

const SPEC = Type.Object({
  recipient: Type.String({
    minLength: 1,
    maxLength: 63,
    description: 'For whom: one that the ExportPolicy knows.',
  }),
  reason: Type.String({ minLength: 3, maxLength: 1_000, description: 'Why; the recipient reads it too.' }),
  label: Type.String({ minLength: 1, maxLength: 63, description: 'How it is classified.' }),
  files: Type.Array(FILE, { minItems: 1, maxItems: FILES_MAX, description: 'What is to leave.' }),
  submitted: Type.Optional(
    Type.Boolean({ description: 'True: all content is there, and is to be checked.' }),
  ),
  release: Type.Optional(
    Type.String({
      maxLength: 71,
      description:
        'The digest of what is to leave, as status.digest has it. Setting it takes the approval of two others than who asked.',
    }),
  ),
});
export type ExportSpec = Static<typeof SPEC>;

const FINDING = Type.Object({
  rule: oneOf(RULE_NAMES, { description: 'Which rule.' }),
  action: oneOf(['block', 'warn'], { description: 'Whether it blocks.' }),
  file: text('Where: the file, and the members of archives that lead there.'),
  what: text('What was found.'),
  line: Type.Optional(Type.Integer({ description: 'In which line.' })),
  offset: Type.Optional(Type.Integer({ description: 'At which byte.' })),
  excerpt: Type.Optional(text('How it begins, and how long it is.')),
});
export type ShownFinding = Static<typeof FINDING>;

const CONSENT = Type.Object({ by: text('Who.'), at: text('When.'), note: Type.Optional(text('Why.')) });

const PACKAGE = Type.Object({
  bytes: Type.Integer({ description: 'How large it is, encrypted.' }),
  sha256: text('Its digest, in hex.'),
  manifest: text('SHA-256 of the signed manifest beside it, in hex.'),
  folder: text('Where it lies on the region’s machine, below gap in its data folder.'),
  until: text('Until when it is there.'),
  removedAt: Type.Optional(text('When it was deleted.')),
});

const STATUS = Type.Object({
  phase: oneOf(EXPORT_PHASES, { description: 'How far it is.' }),
  requestedBy: text('Who asks; nobody else uploads, or releases.'),
  bytes: Type.Integer({ description: 'How much it is.' }),
  until: Type.Optional(text('When this phase ends by itself.')),
  digest: Type.Optional(
    text('What reviewers agree to: SHA-256 of the manifest of all files, recipient and reason.'),
  ),
  recipientKey: Type.Optional(text('The key that it is encrypted for.')),
  findings: Type.Optional(
    Type.Array(FINDING, { maxItems: FINDINGS_MAX, description: 'What the checks found.' }),
  ),
  counts: Type.Optional(
    Type.Record(Type.String(), Type.Integer(), {
      maxProperties: RULE_NAMES.length,
      description: 'How much was found, by rule; more than is listed when there is much.',
    }),
  ),
  checkedAt: Type.Optional(text('When it was checked.')),
  denied: Type.Optional(CONSENT),
  releasedAt: Type.Optional(text('When it was released.')),
  package: Type.Optional(PACKAGE),
  message: Type.Optional(text('What else there is to say.')),
  conditions: CONDITIONS,
});
export type ExportStatus = Static<typeof STATUS>;

export const specOf = (object: KubeObject): ExportSpec => object.spec as ExportSpec;
export const statusOf = (object: KubeObject | undefined): ExportStatus | undefined =>
  object?.status as ExportStatus | undefined;

const ACTION_RESULT = Type.Object({ phase: Type.String({ description: 'How far the request is.' }) });
const FILE_NUMBER = Type.Integer({ minimum: 0, maximum: FILES_MAX - 1, description: 'Which file, from 0.' });

export const ExportRequest = defineKind({
  group: GAP_GROUP,
  version: 'v1',
  kind: 'ExportRequest',
  plural: 'exportrequests',
  shortNames: ['export', 'exports'],
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Files that are to leave: checked, agreed to by two people other than who asks, encrypted for the recipient, on record. Or blocked, with the rule and the place.',
  spec: SPEC,
  status: STATUS,
  bornStatus: (object, actor) => ({
    phase: 'Uploading',
    requestedBy: actor.name,
    bytes: specOf(object).files.reduce((total, { size }) => total + size, 0),
  }),
  immutable: ['spec.recipient', 'spec.reason', 'spec.label', 'spec.files'],
  guarded: [
    {
      transition: 'release',
      approvals: REVIEWERS,
      matches: (operation, object, previous) =>
        operation === 'update' &&
        previous !== undefined &&
        specOf(object).release !== specOf(previous).release,
    },
  ],
  subresources: {
    put: {
      type: 'action',
      description: 'Takes one piece of the content. Only from who asks, and only before it is submitted.',
      request: Type.Object({
        file: FILE_NUMBER,
        piece: Type.Integer({
          minimum: 0,
          description: `Which piece of the file, from 0; each has ${PIECE_BYTES} bytes, the last one what is left.`,
        }),
        data: Type.String({
          maxLength: Math.ceil(PIECE_BYTES / 3) * 4,
          description: 'The piece, in base64.',
        }),
      }),
      response: ACTION_RESULT,
      recorded: ['file', 'piece'],
    },
    held: {
      type: 'action',
      description: 'Says which pieces are there, to go on with those that are not.',
      request: Type.Object({}),
      response: Type.Object({
        pieces: Type.Array(Type.Array(Type.Integer()), {
          description: 'Of each file, the numbers of its pieces.',
        }),
      }),
    },
    deny: {
      type: 'action',
      description: 'Says no, which ends it. Who asks takes it back like this.',
      request: Type.Object({
        note: Type.String({ minLength: 1, maxLength: 256, description: 'Why.' }),
      }),
      response: ACTION_RESULT,
      recorded: ['note'],
    },
    content: { type: 'text', description: 'The bytes of one file (query file=N), for reviewers to read.' },
    package: { type: 'text', description: 'The encrypted package of a released request.' },
    manifest: { type: 'text', description: 'The signed manifest of a released request.' },
  },
  columns: [
    { name: 'Phase', type: 'string', description: 'How far it is.', value: 'status.phase' },
    { name: 'To', type: 'string', description: 'For whom.', value: 'spec.recipient' },
    { name: 'Label', type: 'string', description: 'How it is classified.', value: 'spec.label' },
    {
      name: 'Files',
      type: 'integer',
      description: 'How many.',
      value: (object) => specOf(object).files.length,
    },
    { name: 'Asked By', type: 'string', description: 'Who asks.', value: 'status.requestedBy' },
    {
      name: 'Blocked By',
      type: 'string',
      description: 'Which rules.',
      value: (object) => blockingRules(statusOf(object)),
    },
    { name: 'Reason', type: 'string', description: 'Why.', value: 'spec.reason', priority: 1 },
    { name: 'Digest', type: 'string', description: 'What it is.', value: 'status.digest', priority: 1 },
  ],
  admit: (request) => admit(request),
});

export type ExportRequestObject = ObjectOf<typeof ExportRequest>;

const blockingRules = (status: ExportStatus | undefined): string | undefined =>
  status?.phase === 'Blocked'
    ? [
        ...new Set(
          (status.findings ?? []).filter(({ action }) => action === 'block').map(({ rule }) => rule),
        ),
      ].join(',')
    : undefined;

export const exportSubject = (name: string) => ({ group: GAP_GROUP, kind: ExportRequest.plural, name });

function admit(request: AdmissionRequest): void {
  const { operation, object, previous, actor } = request;
  if (operation === 'create') admitNew(request);
  if (operation !== 'update' || previous === undefined) return;
  const subject = exportSubject(object.metadata.name);
  const [next, before] = [specOf(object), specOf(previous)];
  if (next.submitted === before.submitted && next.release === before.release) return;
  const status = statusOf(previous);
  if (!isInternal(actor) && actor.name !== status?.requestedBy) {
    throw forbidden(
      subject,
      `only ${status?.requestedBy}, who asks, submits and releases it; others review it`,
    );
  }
  if (next.submitted !== before.submitted && (next.submitted !== true || status?.phase !== 'Uploading')) {
    throw forbidden(subject, 'spec.submitted: what was submitted stays so; make another request');
  }
  if (next.release === before.release) return;
  if (status?.phase !== 'AwaitingApproval') {
    throw forbidden(subject, `spec.release: it is ${status?.phase}, and must be AwaitingApproval`);
  }
  if (next.release !== status.digest) {
    throw forbidden(subject, `spec.release: must be status.digest, ${status.digest}`);
  }
}

function admitNew({ kind, object, view }: AdmissionRequest): void {
  const subject = exportSubject(object.metadata.name);
  const spec = specOf(object);
  if (view.count(kind) >= REQUESTS_MAX)
    throw forbidden(subject, `there are ${REQUESTS_MAX} already; delete some that have ended`);
  let open = 0;
  let bytes = spec.files.reduce((total, { size }) => total + size, 0);
  for (const entry of view.entries(kind)) {
    const status = statusOf(entry.object());
    const isOpen = OPEN_PHASES.includes(status?.phase ?? 'Uploading');
    if (isOpen) open += 1;
    if (isOpen || (status?.package !== undefined && status.package.removedAt === undefined))
      bytes += status?.bytes ?? 0;
  }
  if (bytes > HELD_BYTES_MAX) {
    throw forbidden(
      subject,
      `all requests and packages together would hold ${bytes} bytes; the most is ${HELD_BYTES_MAX}: delete some that have ended`,
    );
  }
  if (open >= OPEN_REQUESTS_MAX)
    throw forbidden(
      subject,
      `${OPEN_REQUESTS_MAX} requests hold content already; end one with casemate export deny`,
    );
  const policy = exportPolicyIn(view);
  if (policy === undefined) {
    throw forbidden(
      subject,
      'nothing leaves before there is an ExportPolicy called exports, which says what may, and to whom',
    );
  }
  const causes: StatusCause[] = refusedBy(policy, spec);
  const wrong = (field: string, message: string) =>
    causes.push({ reason: 'FieldValueInvalid', field, message });
  if (spec.submitted !== undefined) wrong('spec.submitted', 'content comes first');
  if (spec.release !== undefined)
    wrong('spec.release', 'nothing is released before it was checked and agreed to');
  const names = spec.files.map(({ path }) => path);
  if (new Set(names).size < names.length) wrong('spec.files', 'each file has a path of its own');
  if (names.includes(MANIFEST_NAME)) wrong('spec.files', `${MANIFEST_NAME} is the package’s own`);
  if (causes.length > 0) throw invalid(subject, causes);
}

/** The first file of the package. */
export const MANIFEST_NAME = 'casemate-export.json';

/** What reviewers agree to, as the recipient finds it in the package. Pure; the same bytes for the same request. `from`: the origin of the realm’s log. */
export function manifestOf(
  {
    metadata: { name, uid },
    spec,
  }: { readonly metadata: { readonly name: string; readonly uid: string }; readonly spec: ExportSpec },
  from: string,
  key: string,
): Buffer {
  const { recipient, reason, label, files } = spec;
  return Buffer.from(
    `${JSON.stringify(
      {
        format: 'casemate-export-v1',
        from,
        request: { name, uid },
        to: { name: recipient, key },
        label,
        reason,
        files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
      },
      null,
      2,
    )}\n`,
  );
}

export const digestOf = (manifest: Uint8Array): string => `sha256:${hash('sha256', manifest)}`;

/** When a phase that waits for people ends by itself, RFC 3339. */
export const uploadUntil = (created: string): string => rfc3339(Date.parse(created) + UPLOAD_MS);

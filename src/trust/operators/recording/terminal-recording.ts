/**
 * TerminalRecording: that an operator had a terminal in this realm, and the digest of what was seen there. Its pieces lie beside
 * the log, sealed under the realm's key (`kept.ts`): they are played back as a whole (`replay`), which is on record.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { type AdmissionRequest, defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { bornWithFinalizer } from '#kernel/reconcile/finalizers.ts';
import { ACCESS_GROUP } from '../../access/api-group.ts';

const SPEC = Type.Object({
  accessRequest: Type.Object({
    name: Type.String({ description: 'The request that opened it.' }),
    uid: Type.String({ description: 'Its uid.' }),
  }),
  operator: Type.String({ description: 'Who sat there.' }),
  target: Type.Object(
    {
      kind: Type.String(),
      namespace: Type.Optional(Type.String()),
      name: Type.String(),
      uid: Type.String(),
    },
    { description: 'Where the terminal was.' },
  ),
  command: Type.String({ description: 'What was run; empty: a shell.' }),
  startedAt: Type.String({ description: 'When it began.' }),
  keptUntil: Type.Optional(
    Type.String({
      description:
        'Until when it is kept at least, by the OperatorPolicy when it began; no later change shortens it.',
    }),
  ),
  requestId: Type.String({ description: 'The request in the access log.' }),
});

const STATUS = Type.Object({
  phase: oneOf(['Recording', 'Complete', 'Incomplete'], {
    description: 'Incomplete: whatever recorded it broke off; what there is, is there.',
  }),
  chunks: Type.Integer({ description: 'Pieces kept.' }),
  bytes: Type.Integer({ description: 'Of the whole asciicast.' }),
  lastAt: Type.String({ description: 'When something was last kept.' }),
  sha256: Type.Optional(
    Type.String({ description: 'Digest of the asciicast as far as it is kept, in hex.' }),
  ),
  exitCode: Type.Optional(Type.Integer({ description: 'Of the command.' })),
  message: Type.Optional(Type.String({ description: 'How it ended.' })),
});

export type RecordingSpec = Static<typeof SPEC>;
export type RecordingStatus = Static<typeof STATUS>;

/** Holds the object until its pieces are gone. */
export const RECORDING_FINALIZER = 'access.casemate.internal/terminal-recording';

const onlyUs = ({ operation, actor, kind, object }: AdmissionRequest): void => {
  if (isInternal(actor)) return;
  const subject = { group: kind.group, kind: kind.plural, name: object.metadata.name };
  if (operation !== 'delete') {
    throw forbidden(subject, 'recordings are made by the region alone, and nobody changes them');
  }
  const { phase = 'Recording' } = (object.status ?? {}) as Partial<RecordingStatus>;
  if (phase === 'Recording') {
    throw forbidden(
      subject,
      'it is still being recorded: revoke the AccessRequest, which ends the terminal, and then delete it',
    );
  }
};

export const TerminalRecording = defineKind({
  group: ACCESS_GROUP,
  version: 'v1',
  kind: 'TerminalRecording',
  plural: 'terminalrecordings',
  shortNames: ['recording', 'recordings'],
  scope: 'Realm',
  realms: ['organization'],
  description:
    'What an operator did in a terminal of this organization, recorded. Only its own people play it back.',
  spec: SPEC,
  status: STATUS,
  immutable: ['spec'],
  normalize: (object) => bornWithFinalizer(object, RECORDING_FINALIZER),
  // Nobody alone removes the evidence.
  guarded: [{ transition: 'delete', approvals: 1 }],
  subresources: { replay: { type: 'text', description: 'The whole recording as asciicast v2.' } },
  columns: [
    { name: 'Operator', type: 'string', description: 'Who.', value: 'spec.operator' },
    {
      name: 'Target',
      type: 'string',
      description: 'Where.',
      value: (object) => {
        const { namespace, name } = (object.spec as RecordingSpec).target;
        return namespace === undefined ? name : `${namespace}/${name}`;
      },
    },
    { name: 'Phase', type: 'string', description: 'Whether it is whole.', value: 'status.phase' },
    { name: 'Bytes', type: 'integer', description: 'How much.', value: 'status.bytes' },
    { name: 'Request', type: 'string', description: 'What opened it.', value: 'spec.accessRequest.name' },
    { name: 'SHA-256', type: 'string', description: 'Digest.', value: 'status.sha256', priority: 1 },
  ],
  admit: onlyUs,
});

export type TerminalRecordingObject = ObjectOf<typeof TerminalRecording>;

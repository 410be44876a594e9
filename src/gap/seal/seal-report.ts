/**
 * SealReport: what was probed, what was tried and what passed, at one time. An object, hence a leaf of the region's ledger that its signed checkpoints cover.
 * Only the region writes one, nobody changes one, and old ones go; their leaves stay.
 */

import { type Static, Type } from 'typebox';
import { isInternal } from '#kernel/access.ts';
import { forbidden } from '#kernel/errors.ts';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { SEAL_GROUP } from './interconnection.ts';

export const PROBES_MAX = 1_024;
export const ATTEMPTS_MAX = 256;
export const FINDINGS_MAX = 32;
const FLOWS_MAX = 1_024;

/** What became of one attempt of ours to leave. */
export const OUTCOMES = ['Blocked', 'NoRoute', 'Declared', 'Escaped', 'NotProbed'] as const;

const count = (description: string) => Type.Integer({ minimum: 0, description });

const PROBE = Type.Object({
  from: Type.String({ description: 'Who tried: a process of the region, a network, or an instance.' }),
  what: Type.String({
    description: 'What it stands for: an address outside, a name server, the metadata address, a proxy.',
  }),
  destination: Type.String({ description: 'Where to.' }),
  protocol: Type.String({
    description: 'tcp, udp, icmp, or dns: a name asked for; all: nothing could be tried.',
  }),
  port: Type.Optional(Type.Integer({ description: 'Of tcp and udp.' })),
  outcome: oneOf(OUTCOMES, {
    description:
      'Blocked: the kernel counted it as dropped. NoRoute: this machine has no way there. Declared: an Interconnection lets it. Escaped: it left, or may have. NotProbed: could not be tried here.',
  }),
  detail: Type.Optional(Type.String({ maxLength: 256, description: 'What it met.' })),
});

const SPEC = Type.Object({
  at: Type.String({ description: 'When (RFC 3339).' }),
  why: oneOf(['Schedule', 'Asked', 'Start', 'Disturbed', 'Changed'], {
    description: 'What it was made for.',
  }),
  sealed: Type.Boolean({ description: 'Whether nothing undeclared leaves, as far as this report can tell.' }),
  reason: Type.String({ description: 'Sealed, or in one word why not.' }),
  enforced: Type.Boolean({ description: 'Whether what is undeclared is dropped, or only counted.' }),
  processes: Type.Array(Type.String(), {
    maxItems: 64,
    description: 'Processes of the region that are held.',
  }),
  bridges: count('Bridges of instances that are held.'),
  time: Type.Optional(
    Type.String({ maxLength: 64, description: 'How the region’s clock was: RegionTime’s reason.' }),
  ),
  findings: Type.Array(Type.String({ maxLength: 512 }), {
    maxItems: FINDINGS_MAX,
    description: 'What is wrong, in words.',
  }),
  probes: Type.Array(PROBE, { maxItems: PROBES_MAX, description: 'What the region tried by itself.' }),
  attempts: Type.Array(
    Type.Object({
      by: Type.String({ description: 'A process of the region, or instances.' }),
      source: Type.Optional(Type.String({ description: 'The instance’s address.' })),
      network: Type.Optional(
        Type.String({ description: 'Whose address that is: organization and network.' }),
      ),
      instance: Type.Optional(
        Type.String({ description: 'Which instance has that address: organization, project and name.' }),
      ),
      destination: Type.String({ description: 'Where to.' }),
      protocol: Type.String({ description: 'By which protocol.' }),
      port: Type.Optional(Type.Integer({ description: 'Of tcp and udp.' })),
      packets: count('Packets, since it was first seen and within a day.'),
      ownProbe: Type.Optional(Type.Boolean({ description: 'The region’s own probe tries this as well.' })),
    }),
    {
      maxItems: ATTEMPTS_MAX,
      description: 'Who tried to leave undeclared, with what came of it: dropped where enforced.',
    },
  ),
  attemptsInAll: count('How many different ones there were; more than are listed when they are many.'),
  flows: Type.Array(
    Type.Object({
      id: Type.String({ description: 'The uid of its Interconnection, or what in the settings makes it.' }),
      name: Type.Optional(Type.String({ description: 'The name of its Interconnection.' })),
      flow: Type.String({ description: 'What it lets pass.' }),
      packets: count('Packets it let pass since it was put in force.'),
      bytes: count('Bytes it let pass.'),
    }),
    { maxItems: FLOWS_MAX, description: 'Flows that may leave, with what was seen of each.' },
  ),
});

export type ReportSpec = Static<typeof SPEC>;
export type ProbeResult = Static<typeof PROBE>;

export const SealReport = defineKind({
  group: SEAL_GROUP,
  version: 'v1',
  kind: 'SealReport',
  plural: 'sealreports',
  scope: 'Realm',
  realms: ['region'],
  description:
    'What was probed of the region’s air gap, who tried to leave, and what passed, at one time. Written by the region; each is a leaf of its ledger.',
  spec: SPEC,
  immutable: ['spec'],
  columns: [
    { name: 'Sealed', type: 'string', description: 'Sealed, or why not.', value: 'spec.reason' },
    { name: 'Why', type: 'string', description: 'What it was made for.', value: 'spec.why' },
    {
      name: 'Attempts',
      type: 'integer',
      description: 'Different attempts seen.',
      value: 'spec.attemptsInAll',
    },
  ],
  admit({ operation, object, actor }) {
    if (isInternal(actor)) return;
    throw forbidden(
      { group: SEAL_GROUP, kind: 'SealReport', name: object.metadata.name },
      operation === 'create'
        ? 'the region writes reports; ask for one with casemate seal probe'
        : 'a report stays as it was written',
    );
  },
});

export type SealReportObject = ObjectOf<typeof SealReport>;

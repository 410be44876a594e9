/**
 * The kind FlowQuestion: "may A talk to B?", asked in a project and answered with the rule that decides (`flow-answers.ts`). It is never stored.
 */
import { type Static, Type } from 'typebox';
import { defineKind } from '#kernel/kind.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { NETWORK_GROUP } from './schemas.ts';

const NAME_LENGTH_MAX = 63;
const ADDRESS_LENGTH_MAX = 15;

const END = {
  instance: Type.Optional(
    Type.String({ maxLength: NAME_LENGTH_MAX, description: 'An instance of the project.' }),
  ),
  network: Type.Optional(
    Type.String({
      maxLength: NAME_LENGTH_MAX,
      description: 'Which of its networks. Left out: whichever lets it through.',
    }),
  ),
  address: Type.Optional(
    Type.String({ maxLength: ADDRESS_LENGTH_MAX, description: 'Instead of an instance: any IPv4 address.' }),
  ),
};

const SPEC = Type.Object({
  from: Type.Object(END, { description: 'Who opens the connection.' }),
  to: Type.Object(
    {
      ...END,
      forward: Type.Optional(
        Type.String({
          maxLength: 253,
          description: 'Instead of both: a Forward of the project, at its address and port.',
        }),
      ),
    },
    { description: 'What it is opened to.' },
  ),
  protocol: oneOf(['tcp', 'udp', 'icmp', 'other'], { default: 'tcp' }),
  port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: 'Destination port, of tcp and udp. Of a Forward: its own.',
    }),
  ),
});

const STATUS = Type.Object({
  allowed: Type.Boolean({ description: 'Whether such a connection gets through.' }),
  reason: Type.String({ description: 'What decides and, when refused, what would allow it.' }),
  rule: Type.Optional(
    Type.String({ description: 'The rule of a policy that decides: `FirewallPolicy web: ingress[0]`.' }),
  ),
  source: Type.String({ description: 'The address that opens it.' }),
  destination: Type.String({ description: 'The address that it is opened to.' }),
  port: Type.Optional(Type.Integer({ description: 'Its port there.' })),
});

export type FlowQuestionSpec = Static<typeof SPEC>;
export type FlowAnswer = Static<typeof STATUS>;

export const FlowQuestion = defineKind({
  group: NETWORK_GROUP,
  version: 'v1',
  kind: 'FlowQuestion',
  plural: 'flowquestions',
  scope: 'Project',
  realms: ['organization'],
  review: true,
  description: 'Asks whether one end may open a connection to another, and which rule decides.',
  spec: SPEC,
  status: STATUS,
});

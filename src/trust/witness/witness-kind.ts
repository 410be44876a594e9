/**
 * Witness: somebody outside this realm who cosigns the checkpoints of its logs. It is asked over the C2SP tlog-witness protocol, wherever it runs;
 * an organization can run its own, and then need not believe the region that its log has one history.
 */
import { type Static, Type } from 'typebox';
import { invalid } from '#kernel/errors.ts';
import { defineKind, type ObjectOf } from '#kernel/kind.ts';
import { CONDITIONS, OBSERVED_GENERATION, oneOf, READY_COLUMN } from '#kernel/kind-parts.ts';
import { SET } from '#kernel/list-type.ts';
import { parseCosignerVkey } from '#kernel/log/cosignature.ts';
import { isLogError } from '#kernel/log/log-error.ts';

export const LEDGER_GROUP = 'ledger.casemate.internal';

// The vkey of an ML-DSA-44 key takes about 1,800 characters.
const VKEY_CHARACTERS_MAX = 2_300;
const CERTIFICATES_CHARACTERS_MAX = 16_384;

const SPEC = Type.Object({
  url: Type.String({
    minLength: 8,
    maxLength: 1_024,
    pattern: '^https?://[^\\s?#@]+$',
    description:
      'Where it answers: the submission prefix of C2SP tlog-witness, such as https://witness.example:7380. The region’s settings have to allow its address.',
  }),
  keys: Type.Array(Type.String({ minLength: 1, maxLength: VKEY_CHARACTERS_MAX }), {
    minItems: 1,
    maxItems: 2,
    ...SET,
    description: 'Its public keys, as it prints them (casemate witness key): C2SP vkeys of type 4 or 6.',
  }),
  certificateAuthority: Type.Optional(
    Type.String({
      maxLength: CERTIFICATES_CHARACTERS_MAX,
      description:
        'PEM of who signed its certificate, when its URL is https and no authority that the region’s machine knows did.',
    }),
  ),
  logs: Type.Optional(
    Type.Array(oneOf(['changes', 'access']), {
      minItems: 1,
      maxItems: 2,
      default: ['changes', 'access'],
      ...SET,
      description: 'Which logs of this realm it cosigns.',
    }),
  ),
});

const STATUS = Type.Object({ observedGeneration: OBSERVED_GENERATION, conditions: CONDITIONS });

export const WitnessKind = defineKind({
  group: LEDGER_GROUP,
  version: 'v1',
  kind: 'Witness',
  plural: 'witnesses',
  scope: 'Realm',
  realms: ['region', 'organization'],
  description:
    'Somebody outside who cosigns what this realm’s logs publish, so that nobody can be shown another history than they were.',
  spec: SPEC,
  status: STATUS,
  columns: [
    { name: 'URL', type: 'string', description: 'Where it answers.', value: 'spec.url' },
    READY_COLUMN,
  ],
  admit({ object, operation, kind }) {
    if (operation === 'delete') return;
    const { keys } = object.spec as Static<typeof SPEC>;
    const causes = keys.flatMap((vkey, at) => {
      try {
        parseCosignerVkey(vkey);
        return [];
      } catch (error) {
        if (!isLogError(error)) throw error;
        return [{ reason: 'FieldValueInvalid' as const, field: `spec.keys[${at}]`, message: error.message }];
      }
    });
    if (causes.length > 0) {
      throw invalid({ group: kind.group, kind: kind.kind, name: object.metadata.name }, causes);
    }
  },
});

export type WitnessObject = ObjectOf<typeof WitnessKind>;

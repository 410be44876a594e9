/**
 * What a Guardrail must be to be taken in: about things there are, with conditions that mean something. Whether it would lock everybody out
 * is decided with the other ways in, in `way-in.ts`.
 */
import { isIP } from 'node:net';
import { invalid, type StatusCause } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import { realmType } from '#kernel/realm-id.ts';
import type { KindRegistry } from '#kernel/registry.ts';
import { guardrailProblems } from './cedar/schema.ts';
import { subjectCauses } from './guard.ts';
import { Guardrail, type GuardrailObject, type GuardrailSpec } from './guardrail.ts';
import { isTimeZone } from './moments.ts';
import type { OperationTable } from './operations-table.ts';
import { ruleResourceProblem } from './role.ts';

/** Whether a text is an address, or a network of so many bits. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Whether a text is a time in RFC 3339. */
export const isTime = (text: string) => RFC_3339.test(text) && !Number.isNaN(Date.parse(text));

const wrong = (field: string, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  field,
  message,
});

function conditionCauses(when: NonNullable<GuardrailSpec['when']>): StatusCause[] {
  const networks = (['addressIn', 'addressNotIn'] as const).flatMap((field) =>
    (when[field] ?? []).flatMap((network, index) =>
      isNetwork(network)
        ? []
        : [
            wrong(
              `spec.when.${field}[${index}]`,
              `"${network}" is no network; write it as 10.0.0.0/8 or 2001:db8::/32`,
            ),
          ],
    ),
  );
  const zones = (['timeIn', 'timeNotIn'] as const).flatMap((field) => {
    const zone = when[field]?.timeZone;
    return zone === undefined || isTimeZone(zone)
      ? []
      : [
          wrong(
            `spec.when.${field}.timeZone`,
            `"${zone}" is no time zone; write it as Europe/Luxembourg or UTC`,
          ),
        ];
  });
  return [...networks, ...zones];
}

function timeCauses({ notBefore, notAfter }: GuardrailSpec): StatusCause[] {
  const causes = Object.entries({ notBefore, notAfter }).flatMap(([field, text]) =>
    text === undefined || isTime(text)
      ? []
      : [wrong(`spec.${field}`, `"${text}" is no time; write it as 2026-12-31T18:00:00Z`)],
  );
  if (causes.length === 0 && notBefore && notAfter && Date.parse(notBefore) >= Date.parse(notAfter)) {
    causes.push(wrong('spec.notAfter', 'must be later than notBefore, or it would never hold'));
  }
  return causes;
}

/** The rules of Guardrail. `registry` and `table` are called when something is written, not before. */
export function guardrailAdmission(registry: () => KindRegistry, table: () => OperationTable): Admission {
  return ({ kind, operation, object, realm }) => {
    if (kind.resource !== Guardrail.resource || operation === 'delete') return;
    const { metadata, spec } = object as GuardrailObject;
    const type = realmType(realm);
    const kinds = registry().servedIn(type);
    const causes = [
      ...spec.resources.flatMap((resource, index) => {
        const message = ruleResourceProblem(resource, kinds);
        return message === undefined ? [] : [wrong(`spec.resources[${index}]`, message)];
      }),
      ...subjectCauses(spec.subjects, 'spec.subjects'),
      ...subjectCauses(spec.except, 'spec.except'),
      ...subjectCauses(spec.breakGlass, 'spec.breakGlass'),
      ...(spec.when ? conditionCauses(spec.when) : []),
      ...timeCauses(spec),
    ];
    if (causes.length === 0) {
      for (const message of guardrailProblems(spec, table().all(type)).slice(0, 5))
        causes.push(wrong('spec', message));
    }
    if (causes.length > 0) throw invalid({ group: kind.group, kind: kind.kind, name: metadata.name }, causes);
  };
}

/** `ObjectLockConfiguration` of a bucket; `Retention` and `LegalHold` of an object. */
import type { Static } from 'typebox';
import type { objectLock } from '../../bucket/settings.ts';
import type { LockMode } from '../../metadata/store.ts';
import { isoDate, parseIsoDate } from '../headers/dates.ts';
import { present } from '../headers/fields.ts';
import { Reader } from '../xml/reader.ts';
import { document, element } from '../xml/write.ts';

/** As a Bucket's spec has it. */
export type ObjectLock = Static<typeof objectLock>;

const MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;
// Beyond these S3 says it is no retention any more (user guide, "Object Lock considerations").
const DAYS = { min: 1, max: 36_500 };
const YEARS = { min: 1, max: 100 };

export function readObjectLock(bytes: Uint8Array): ObjectLock {
  return Reader.document(bytes, 'ObjectLockConfiguration', (root) => {
    if (root.oneOf('ObjectLockEnabled', ['Enabled']) === undefined)
      throw root.wrong('ObjectLockEnabled is missing; it is Enabled');
    const defaultRetention = root.one('Rule', (rule) => {
      const found = rule.one('DefaultRetention', readDefault);
      if (!found) throw rule.wrong('DefaultRetention is missing');
      return found;
    });
    return { enabled: true, ...present('defaultRetention', defaultRetention) };
  });
}

function readDefault(from: Reader): NonNullable<ObjectLock['defaultRetention']> {
  const mode = from.oneOf('Mode', MODES);
  const days = from.integer('Days', DAYS);
  const years = from.integer('Years', YEARS);
  if (mode === undefined) throw from.wrong('Mode is missing');
  if ((days === undefined) === (years === undefined)) throw from.wrong('Days or Years, and not both');
  return { mode, ...present('days', days), ...present('years', years) };
}

export function objectLockDocument({ defaultRetention }: ObjectLock): string {
  const rule =
    defaultRetention &&
    element('DefaultRetention', [
      element('Mode', defaultRetention.mode),
      element('Days', defaultRetention.days),
      element('Years', defaultRetention.years),
    ]);
  return document('ObjectLockConfiguration', [
    element('ObjectLockEnabled', 'Enabled'),
    element('Rule', rule),
  ]);
}

export interface Retention {
  readonly mode: LockMode;
  readonly until_ms: number;
}

/** Empty, it lifts a retention: who may pass over governance mode can ask so. */
export function readRetention(bytes: Uint8Array): Retention | undefined {
  return Reader.document(bytes, 'Retention', (root) => {
    const mode = root.oneOf('Mode', MODES);
    const text = root.text('RetainUntilDate');
    if (mode === undefined && text === undefined) return undefined;
    const until_ms = parseIsoDate(text ?? '');
    if (mode === undefined) throw root.wrong('Mode is missing');
    if (until_ms === undefined) throw root.wrong('RetainUntilDate is a time such as 2036-01-31T00:00:00Z');
    return { mode, until_ms };
  });
}

export function retentionDocument({ mode, until_ms }: Retention): string {
  return document('Retention', [element('Mode', mode), element('RetainUntilDate', isoDate(until_ms))]);
}

/** Whether it is held. */
export function readLegalHold(bytes: Uint8Array): boolean {
  return Reader.document(bytes, 'LegalHold', (root) => {
    const status = root.oneOf('Status', ['ON', 'OFF']);
    if (status === undefined) throw root.wrong('Status is missing; it is ON or OFF');
    return status === 'ON';
  });
}

export function legalHoldDocument(held: boolean): string {
  return document('LegalHold', [element('Status', held ? 'ON' : 'OFF')]);
}

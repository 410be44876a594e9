/** `x-amz-object-lock-*`. */
import { invalidArgument, S3Error } from '../errors.ts';
import type { RequestedLock } from '../parameters.ts';
import { parseIsoDate } from './dates.ts';
import { type Fields, flag, oneOf, present } from './fields.ts';

/** Whether the time is in the future is for the caller, which has a clock. */
export function requestedLock(fields: Fields): RequestedLock {
  const mode = oneOf(fields, 'x-amz-object-lock-mode', ['GOVERNANCE', 'COMPLIANCE']);
  const name = 'x-amz-object-lock-retain-until-date';
  const text = fields.get(name);
  const retainUntil_ms = text === undefined ? undefined : parseIsoDate(text);
  if (text !== undefined && retainUntil_ms === undefined)
    throw invalidArgument(name, text, 'a time such as 2036-01-31T00:00:00Z');
  if ((mode === undefined) !== (text === undefined))
    throw new S3Error('InvalidArgument', `x-amz-object-lock-mode and ${name} go together; send both`);
  const hold = oneOf(fields, 'x-amz-object-lock-legal-hold', ['ON', 'OFF']);
  return {
    ...present('mode', mode),
    ...present('retainUntil_ms', retainUntil_ms),
    ...(hold !== undefined && { legalHold: hold === 'ON' }),
  };
}

export function bypassesGovernance(fields: Fields): boolean {
  return flag(fields, 'x-amz-bypass-governance-retention');
}

/** Whether who is signed in may read a log: who may not, and sees some leaves of it elsewhere, is not led there. */
import { useQuery } from '@tanstack/react-query';
import { ALLOWED, allowed } from '../api/allowed.ts';
import type { LogName } from './log-reader.ts';

const LEDGERS = { group: '', plural: 'ledgers', isNamespaced: false } as const;

export function useMayReadLog(log: LogName): boolean {
  const { data = ALLOWED } = useQuery(allowed({ verb: 'get', resource: LEDGERS, name: log }));
  return data.isAllowed;
}

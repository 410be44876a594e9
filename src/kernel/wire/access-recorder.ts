/**
 * Decides which requests go into a realm's `access` log, and writes them: refusals, failures, reads of secrets, and every
 * stream into an object. Successful changes are leaves of the `changes` log instead. Never records what a secret holds.
 */
import type { AccessLog, Verb } from '../access.ts';
import type { Kind } from '../kind.ts';
import type { RealmId } from '../realm-id.ts';

/** What is known of a request so far. */
export interface RequestRecord {
  readonly requestId: string;
  realm: RealmId | undefined;
  actor: string;
  credential: string;
  address?: string;
  verb: string;
  resource: string;
  namespace?: string;
  name?: string;
  details?: Readonly<Record<string, string>>;
}

const READS: ReadonlySet<string> = new Set<Verb>(['get', 'list', 'watch']);

function write(
  log: AccessLog,
  record: RequestRecord,
  decision: 'allowed' | 'denied' | 'unauthenticated' | 'failed',
  code: number,
  reason?: string,
): Promise<void> {
  const { realm, ...known } = record;
  if (realm === undefined) return Promise.resolve();
  return log.record(realm, { ...known, decision, code, ...(reason === undefined ? {} : { reason }) }).durable;
}

/** Records a refusal. Reads of what is not there or no longer kept are everyday answers, and are left out. */
export function recordFailure(log: AccessLog, record: RequestRecord, code: number, reason: string): void {
  const decision = code === 401 ? 'unauthenticated' : code === 403 ? 'denied' : 'failed';
  const everyday = READS.has(record.verb) && (code === 404 || code === 410);
  if (decision === 'failed' && everyday) return;
  // Durability is not waited for: a refusal gives nothing away that must be accounted for first.
  void write(log, record, decision, code, reason);
}

export const isSecretRead = (kind: Kind, verb: Verb) => kind.secret === true && READS.has(verb);

/** Records what must be on record before it happens; resolves when the record is durable. */
export function recordAllowed(log: AccessLog, record: RequestRecord, code: number): Promise<void> {
  return write(log, record, 'allowed', code);
}

/**
 * Verifies the logs of every realm in a database that came out of a backup, each under keys that were opened from it: so the keys work, and
 * the leaves are those that were signed.
 */
import type { Postgres } from '#engines/postgres/open-postgres.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { LogName } from '#kernel/keys.ts';
import { formatCheckpointList } from '#kernel/log/checkpoint.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { DEFAULT_LIMITS } from '#kernel/store/limits.ts';
import { StoredRealmLogs } from '#kernel/store/realm-logs.ts';
import { type LedgerSource, ledgerSource } from '#kernel/wire/ledger-source.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import type { SymmetricKey } from '#trust/keys/wrapping.ts';
import { readLeaves } from '#trust/ledger/leaves.ts';
import { followOrganizations } from '#trust/ledger/organizations.ts';
import type { TileSource } from '#trust/ledger/source.ts';
import { verifyLog } from '#trust/ledger/verify.ts';

const LOGS: readonly LogName[] = ['changes', 'access'];
/** Of problems told of one log: the first are enough to know that it is not whole. */
const PROBLEMS_TOLD = 5;

export interface VerifiedRealm {
  readonly realm: RealmId;
  /** Why its keys could not be opened, and so nothing was verified: its root is in an HSM, which is not here. */
  readonly notOpened?: string;
  readonly logs: readonly VerifiedLog[];
}

export interface VerifiedLog {
  readonly log: LogName;
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  readonly root: string;
  readonly checkpoints: number;
  readonly lastTime: string | undefined;
  /** Empty: it is whole. */
  readonly problems: readonly string[];
}

export interface VerifyLedgersOptions {
  readonly postgres: Postgres;
  readonly region: string;
  readonly masterKey: SymmetricKey;
  readonly clock: Clock;
  onRealm?(done: number, of: number): void;
}

export async function verifyLedgers(options: VerifyLedgersOptions): Promise<readonly VerifiedRealm[]> {
  const { postgres, region, masterKey, clock } = options;
  const keyring = softwareKeyring({ region, storage: postgres.keys, masterKey, clock });
  const logs = new StoredRealmLogs(postgres.log, keyring, clock, DEFAULT_LIMITS);
  const ledger = ledgerSource(logs);
  const verified: VerifiedRealm[] = [];
  try {
    const realms = await postgres.log.listRealms();
    for (const realm of realms) {
      verified.push(await verifyRealm(ledger, realm));
      options.onRealm?.(verified.length, realms.length);
    }
    return await withOrganizations(ledger, verified);
  } finally {
    keyring.close();
  }
}

async function verifyRealm(ledger: LedgerSource, realm: RealmId): Promise<VerifiedRealm> {
  const logs: VerifiedLog[] = [];
  for (const log of LOGS) {
    let keys: string;
    try {
      keys = await ledger.key(realm, log);
    } catch (error) {
      if (!isStatusError(error, 'ServiceUnavailable')) throw error;
      return { realm, notOpened: error.message, logs };
    }
    const [vkey = ''] = keys.split('\n');
    const report = await verifyLog(tilesOf(ledger, realm, log), keys.replaceAll('\n', ' '));
    logs.push({
      log,
      origin: report.origin,
      vkey,
      size: report.size,
      root: report.root,
      checkpoints: report.verifiedCheckpoints,
      lastTime: report.lastTime,
      problems: told(
        report.problems.map(({ code, message }) => `${code}: ${message}`),
        report.problemCount,
      ),
    });
  }
  return { realm, logs };
}

const told = (problems: readonly string[], count: number): string[] => [
  ...problems.slice(0, PROBLEMS_TOLD),
  ...(count > PROBLEMS_TOLD ? [`and ${count - PROBLEMS_TOLD} more`] : []),
];

/** Holds what the region's log says of organizations' logs against each other: none of them went back, or was told two ways. */
async function withOrganizations(
  ledger: LedgerSource,
  verified: readonly VerifiedRealm[],
): Promise<readonly VerifiedRealm[]> {
  const changes = verified.find(({ realm }) => realm === REGION)?.logs.find(({ log }) => log === 'changes');
  if (changes === undefined) return verified;
  const vkeys = new Map(
    verified.flatMap(({ logs }) => logs.map(({ origin, vkey }) => [origin, vkey] as const)),
  );
  const source = tilesOf(ledger, REGION, 'changes');
  const report = await followOrganizations(readLeaves(source, changes.size, 0, changes.size), vkeys);
  if (report.problemCount === 0) return verified;
  const problems = told(
    report.problems.map(({ code, message }) => `${code}: ${message}`),
    report.problemCount,
  );
  return verified.map((one) =>
    one.realm === REGION
      ? {
          ...one,
          logs: one.logs.map((log) =>
            log === changes ? { ...log, problems: [...log.problems, ...problems] } : log,
          ),
        }
      : one,
  );
}

/** A realm's log as somebody outside reads it, from the database itself. */
function tilesOf(ledger: LedgerSource, realm: RealmId, log: LogName): TileSource {
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  return {
    async read(path) {
      if (path === 'checkpoint') return Buffer.from(await ledger.checkpoint(realm, log));
      if (path === 'checkpoints') {
        return Buffer.from(formatCheckpointList((await ledger.checkpoints?.(realm, log)) ?? []));
      }
      if (path === 'cosigned')
        return Buffer.from(formatCheckpointList((await ledger.cosigned?.(realm, log)) ?? []));
      const [, what, number] = /^(personal|bodies)\/(\d+)$/.exec(path) ?? [];
      if (what === 'personal') return json(await ledger.personal?.(realm, log, Number(number)));
      if (what === 'bodies')
        return log === 'changes' ? json(await ledger.bodies?.(realm, Number(number))) : undefined;
      return ledger.tile(realm, log, path);
    },
  };
}

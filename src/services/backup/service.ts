/** What backups hand to the composition root: plans, runs and restores of what tenants have. The region's own backup is another matter (`region/backup`). */
import type { AccessLog, Authorizer } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Service } from '#kernel/service.ts';
import { keyRights } from '#services/objects/access-key/guard.ts';
import { issueAction } from '#services/objects/access-key/issue.ts';
import { accessKeySecrets } from '#services/objects/access-key/secrets.ts';
import type { TokenRights } from '#trust/identity/service-accounts/token-rights.ts';
import type { Keyring } from '#trust/keys/keyring.ts';
import { backupAdmission } from './admission.ts';
import type { OpenRepository } from './engine/repository.ts';
import { Places } from './opening.ts';
import { BackupPlan } from './plan/backup-plan.ts';
import { backupPlanController } from './plan/controller.ts';
import { restoreController } from './restore/controller.ts';
import { Restore } from './restore/restore.ts';
import { Backup } from './run/backup.ts';
import { type BackupsOptions, backupController } from './run/controller.ts';
import type { BackupSource } from './sources/source.ts';

export const BACKUP_KINDS: readonly Kind[] = [BackupPlan, Backup, Restore];

export interface BackupServiceOptions {
  readonly keyring: Pick<Keyring, 'material'>;
  readonly rights: TokenRights;
  readonly sources: readonly BackupSource[];
  /** Where the region's buckets are, and PEM of who signed that certificate. */
  readonly endpoint: string;
  readonly certificateAuthority: () => Promise<string>;
  readonly open: OpenRepository;
  /** These are not called before the region is composed. */
  readonly realms: () => Pick<Realms, 'use'>;
  readonly authorizer: () => Authorizer;
  readonly accessLog: () => AccessLog;
  readonly clock: Clock;
}

export function backupService(options: BackupServiceOptions): Service {
  const {
    keyring,
    rights,
    sources,
    endpoint,
    certificateAuthority,
    open,
    realms,
    authorizer,
    accessLog,
    clock,
  } = options;
  const secrets = accessKeySecrets(keyring.material);
  const issue = issueAction({ realms, rights: keyRights(rights), secrets, clock });
  const backups: BackupsOptions = {
    endpoint,
    certificateAuthority,
    open,
    sources,
    places: new Places(endpoint),
    acting: { authorizer, accessLog, secrets, issue },
  };
  return {
    name: 'backup',
    kinds: BACKUP_KINDS,
    admissions: [backupAdmission(rights)],
    controllers: [backupPlanController(backups), backupController(backups), restoreController(backups)],
  };
}

/** What PostgreSQL has to know of the archive of changes. */
import type { RegionConfig } from '../config/schema.ts';
import { KEPT_FOR_ARCHIVE_MB } from './bounds.ts';

/** What the archive is called by PostgreSQL, which waits for it by that name. */
export const ARCHIVE_NAME = 'casemate_archive';

/** Whether a change is acknowledged only when it is in the archive. */
export const waitsForArchive = (backup: RegionConfig['backup']): boolean =>
  backup !== undefined && backup.acknowledge !== 'local';

/** Lines of postgresql.conf. */
export function archiveSettings({ backup }: Pick<RegionConfig, 'backup'>): string {
  return `synchronous_standby_names = '${waitsForArchive(backup) ? ARCHIVE_NAME : ''}'
max_slot_wal_keep_size = '${KEPT_FOR_ARCHIVE_MB}MB'
`;
}

export const BACKUP_GROUP = 'backup.casemate.internal';

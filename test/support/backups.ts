/** Backups of a project as its people make them: plans, runs and restores, waited for by what they say of themselves. For tests only. */
import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '#kernel/object.ts';
import type { Member } from './project.ts';

const GROUP = 'backup.casemate.internal';

export interface Ended extends KubeObject {
  readonly status: {
    readonly phase: string;
    readonly attempts: number;
    readonly bytes?: number;
    readonly added?: number;
    readonly manifest?: string;
    readonly control?: string;
    readonly conditions: readonly {
      readonly type: string;
      readonly reason: string;
      readonly message: string;
    }[];
    readonly items: readonly {
      readonly kind: string;
      readonly name: string;
      readonly phase: string;
      readonly message?: string;
    }[];
  };
}

/** A service account that may do in the project what an editor may; its name is `backup`. */
export const ACTING = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'backup' } },
  {
    apiVersion: 'access.casemate.internal/v1',
    kind: 'RoleBinding',
    metadata: { name: 'backup' },
    spec: {
      role: 'project-editor',
      project: 'default',
      subjects: [{ kind: 'ServiceAccount', name: 'backup', project: 'default' }],
    },
  },
];

export const applyAll = (who: Member, objects: readonly object[]): Promise<string> =>
  who.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));

export const planOf = (name: string, spec: object) => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'BackupPlan',
  metadata: { name },
  spec: { serviceAccount: 'backup', ...spec },
});

const ended = async (who: Member, kind: 'backup' | 'restore', name: string): Promise<Ended> => {
  await who.kubectl(
    'wait',
    '--for=jsonpath={.status.finishedAt}',
    `${kind}.${GROUP}/${name}`,
    '--timeout=240s',
  );
  return JSON.parse(await who.kubectl('get', `${kind}.${GROUP}`, name, '-o', 'json')) as Ended;
};

export const startBackup = (who: Member, name: string, plan: string): Promise<string> =>
  applyAll(who, [{ apiVersion: `${GROUP}/v1`, kind: 'Backup', metadata: { name }, spec: { plan } }]);

/** Resolves when it has ended, however. */
export async function backUp(who: Member, name: string, plan: string): Promise<Ended> {
  await startBackup(who, name, plan);
  return ended(who, 'backup', name);
}

export const backupEnded = (who: Member, name: string): Promise<Ended> => ended(who, 'backup', name);

export async function restore(who: Member, name: string, spec: object): Promise<Ended> {
  await applyAll(who, [{ apiVersion: `${GROUP}/v1`, kind: 'Restore', metadata: { name }, spec }]);
  return ended(who, 'restore', name);
}

/** Process ids of those whose words are so. */
export function processesOf(isIt: (words: readonly string[]) => boolean): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return isIt(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
      } catch {
        // It has ended.
        return false;
      }
    })
    .map(Number);
}

/** The process id of restic at work for a backup, as soon as it is. */
export async function resticAtWork(uid: string): Promise<number> {
  for (;;) {
    const [found] = processesOf((words) => words[0] === 'restic' && words.includes(`run:${uid}`));
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

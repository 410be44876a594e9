/**
 * That a region was restored, told by itself: an object, hence a leaf of its log, and a leaf of each organization's access log, before it
 * serves anything. What was acknowledged after the state it was put back to is gone; this says so, to whoever holds a later checkpoint.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Check } from 'typebox/schema';
import { type AccessLog, isInternal, systemActor } from '#kernel/access.ts';
import { forbidden, isStatusError } from '#kernel/errors.ts';
import { defineKind } from '#kernel/kind.ts';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import type { Service } from '#kernel/service.ts';
import { readIfThere, syncFolder } from '#trust/files.ts';

export const BACKUP_GROUP = 'region.casemate.internal';

const count = (description: string) => Type.Integer({ minimum: 0, description });
const time = (description: string) => Type.String({ maxLength: 40, description });

const SPEC = Type.Object({
  at: time('When it was restored (RFC 3339).'),
  backupBegunAt: time('When the backup was begun that it was restored from.'),
  toTime: Type.Optional(time('Until when changes were to be in it; absent: all that the archive had.')),
  upTo: time('When the last change in it was made. Later ones are gone.'),
  changes: count(
    'Leaves that the region’s log of changes had then. What anybody holds of a later one is of the life before.',
  ),
  access: count('Leaves that its log of access had.'),
});

export type Restored = Static<typeof SPEC>;

export const RegionRestore = defineKind({
  group: BACKUP_GROUP,
  version: 'v1',
  kind: 'RegionRestore',
  plural: 'regionrestores',
  scope: 'Realm',
  realms: ['region'],
  description:
    'That this region was put back to an earlier state from a backup, and to which. Written by the region when it starts; nobody changes one.',
  spec: SPEC,
  immutable: ['spec'],
  columns: [
    { name: 'At', type: 'string', description: 'When.', value: 'spec.at' },
    {
      name: 'Up to',
      type: 'string',
      description: 'When the last change in it was made.',
      value: 'spec.upTo',
    },
    { name: 'Changes', type: 'integer', description: 'Leaves that were left.', value: 'spec.changes' },
  ],
  admit({ object, actor }) {
    if (isInternal(actor)) return;
    throw forbidden(
      { group: BACKUP_GROUP, kind: 'RegionRestore', name: object.metadata.name },
      'the region writes what became of itself, and it stays as it was written',
    );
  },
});

export const restoreService = (): Service => ({ name: 'restores', kinds: [RegionRestore] });

/** Where a restore leaves word for the region process. */
export const restoredPath = (keys: string): string => join(keys, 'restored.json');
export const restoredText = (restored: Restored): string => `${JSON.stringify(restored)}\n`;

export interface TellRestoredOptions {
  readonly keys: string;
  readonly realms: Pick<Realms, 'use'>;
  readonly accessLog: AccessLog;
  listRealms(): Promise<readonly RealmId[]>;
  readonly random: Random;
}

/** Tells it once, and again only when it was interrupted. */
export async function tellRestored(options: TellRestoredOptions): Promise<void> {
  const { keys, realms, accessLog, random } = options;
  const text = await readIfThere(restoredPath(keys));
  if (text === undefined) return;
  const restored: unknown = JSON.parse(text);
  if (!Check(SPEC, restored))
    throw new Error(`${restoredPath(keys)} is not what a restore writes: remove it`);
  const name = `restored-${restored.at.toLowerCase().replaceAll(/[^0-9a-z]/g, '-')}`;
  const actor = systemActor(REGION, 'restore');
  const requestId = random.uuid();
  await realms.use(REGION, async ({ resources }) => {
    try {
      const object = { metadata: { name }, spec: restored };
      await resources.create(RegionRestore, undefined, object, { actor, via: 'bootstrap', requestId });
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  });
  for (const realm of await options.listRealms()) {
    if (realm === REGION) continue;
    await accessLog.record(realm, {
      actor: actor.name,
      credential: 'bootstrap',
      verb: 'restore',
      resource: `regionrestores.${BACKUP_GROUP}`,
      name,
      decision: 'allowed',
      reason: `the region was put back from a backup to its state of ${restored.upTo}: what was acknowledged later is gone`,
      code: 200,
      requestId,
    }).durable;
  }
  await rm(restoredPath(keys));
  await syncFolder(keys);
}

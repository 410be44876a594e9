/** `casemate backup-plan`: plans, backups and restores are resources of the API as any; what is here makes them in a line, and waits for how they end. */
import type { Condition, KubeObject } from '#kernel/object.ts';
import { collectionPath } from '../resources/discovery.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import { get } from '../resources/get.ts';
import type { SessionOptions } from '../resources/options.ts';
import { inSession, type Session } from '../resources/session.ts';
import type { PlanOptions, RestoreOptions, RunOptions } from './register.ts';

const GROUP = 'backup.casemate.internal';
const LOOK_AGAIN_MS = 500;

async function placeOf(session: Session, kind: 'BackupPlan' | 'Backup' | 'Restore'): Promise<string> {
  session.requireOrganization('backup-plan');
  return collectionPath(await session.typeOf(GROUP, kind), session.project);
}

const make = (session: Session, path: string, kind: string, metadata: object, spec: object) =>
  session.client.json<KubeObject>({
    method: 'POST',
    path,
    query: { fieldManager: 'casemate' },
    body: { apiVersion: `${GROUP}/v1`, kind, metadata, spec },
  });

export const createPlan = inSession(async (session, options: SessionOptions & PlanOptions, name: string) => {
  const { to, serviceAccount, every, at, keepDays, testEvery } = options;
  const what = Object.fromEntries(
    (['buckets', 'volumes', 'instances'] as const).flatMap((plural) => {
      const labels = options[plural];
      return labels === undefined ? [] : [[plural, labels === true ? {} : { matchLabels: labelsOf(labels) }]];
    }),
  );
  if (Object.keys(what).length === 0) {
    throw new CliError('say what: --buckets, --volumes, --instances', { exitCode: EXIT.usage });
  }
  await make(
    session,
    await placeOf(session, 'BackupPlan'),
    'BackupPlan',
    { name },
    {
      what,
      target: { bucket: to },
      serviceAccount,
      retention: { days: keepDays },
      ...(every === undefined ? {} : { schedule: { every, at } }),
      ...(testEvery === undefined ? {} : { restoreTest: { every: testEvery, at } }),
    },
  );
  process.stdout.write(
    `backup-plan ${name} ${every === undefined ? 'is run by hand' : `runs every ${every}`}: casemate backup-plan run ${name}\n` +
      `Keep a copy of Secret ${name}-backup-password where this region is not: without it nobody reads a backup.\n`,
  );
});

function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').map((one) => {
      const [label = '', value, more] = one.split('=');
      if (label === '' || value === undefined || more !== undefined)
        throw new CliError(`"${one}" is no label: write app=web,tier=a`, { exitCode: EXIT.usage });
      return [label, value];
    }),
  );
}

export const runPlan = inSession(async (session, { wait }: SessionOptions & RunOptions, plan: string) => {
  const path = await placeOf(session, 'Backup');
  const made = await make(session, path, 'Backup', { generateName: `${plan}-` }, { plan });
  await untilEnded(session, path, made.metadata.name, 'backup', wait);
});

export const restoreBackup = inSession(
  async (session, options: SessionOptions & RestoreOptions, backup: string, item: string | undefined) => {
    const { as, inPlace, wait } = options;
    const [kind, name, more] = item?.split('/') ?? [];
    if (
      (item !== undefined && (name === undefined || more !== undefined)) ||
      (item === undefined && (as ?? inPlace) !== undefined)
    ) {
      throw new CliError('name one thing with --as and --in-place, such as buckets/photos', {
        exitCode: EXIT.usage,
      });
    }
    const items = [
      { kind, name, ...(as === undefined ? {} : { as }), ...(inPlace === true ? { inPlace } : {}) },
    ];
    const path = await placeOf(session, 'Restore');
    const made = await make(
      session,
      path,
      'Restore',
      { generateName: `${backup}-` },
      {
        backup,
        ...(item === undefined ? {} : { items }),
      },
    );
    await untilEnded(session, path, made.metadata.name, 'restore', wait);
  },
);

export const testBackup = inSession(
  async (session, { wait }: SessionOptions & RunOptions, backup: string) => {
    const path = await placeOf(session, 'Restore');
    const spec = { backup, test: true, readData_percent: 100 };
    const made = await make(session, path, 'Restore', { generateName: `${backup}-test-` }, spec);
    await untilEnded(session, path, made.metadata.name, 'restore', wait);
  },
);

interface Status {
  readonly phase?: string;
  readonly finishedAt?: string;
  readonly bytes?: number;
  readonly added?: number;
  readonly conditions?: readonly Condition[];
}

/** Throws when it did not end well. */
async function untilEnded(
  session: Session,
  path: string,
  name: string,
  what: string,
  wait_ms: number,
): Promise<void> {
  const deadline_ms = Date.now() + wait_ms;
  for (;;) {
    const { status = {} } = await session.client.json<KubeObject<unknown, Status>>({
      method: 'GET',
      path: `${path}/${encodeURIComponent(name)}`,
    });
    const { phase, finishedAt, bytes, added, conditions } = status;
    const message = conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    if (finishedAt !== undefined) {
      if (phase !== 'Succeeded') throw new CliError(`${what} ${name} is ${phase}: ${message}`);
      const size = what === 'backup' ? ` (${bytes} bytes, of which ${added} were new)` : '';
      process.stdout.write(`${what} ${name} is ${phase}: ${message}${size}\n`);
      return;
    }
    if (Date.now() >= deadline_ms) {
      process.stdout.write(`${what} ${name} goes on: casemate get ${what} ${name}\n`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

export const listPlans = (...given: [SessionOptions, never]): Promise<void> =>
  (get as (...args: unknown[]) => Promise<void>)(`backupplans.${GROUP}`, [], ...given);

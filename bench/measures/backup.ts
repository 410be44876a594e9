/**
 * What the backup of a region costs, and how soon it is back: with objects in it, every change archived before it is acknowledged, beside the same
 * region without an archive. Everything is on one disk here, so each change is written to that twice.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newIdentity } from '#gap/export/age/keys.ts';
import { apiClient, kubeconfigCredentials } from '#test/support/api-client.ts';
import { createOrganization } from '#test/support/project.ts';
import { startRegion, type TestRegion } from '#test/support/region.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const OBJECTS = 10_000;
const OBJECTS_QUICK = 1_000;
const CLIENTS = 32;
const PAYLOAD_BYTES = 512;
const BACK_S_MAX = 600;
const SETTINGS = 'incus:\n  mode: none\nrequestsPerSecond: 1000000\n';

export const backup: Measure = {
  summary: 'the backup of a region of 10,000 objects, and the way back',
  async run({ quick, say }) {
    const own = mkdtempSync(join(tmpdir(), 'backups-'));
    chmodSync(own, 0o711);
    const folder = join(own, 'backups');
    mkdirSync(folder);
    const { identity: secret, recipient } = newIdentity();
    const identity = join(own, 'identity.age');
    writeFileSync(identity, `${secret}\n`, { mode: 0o600 });
    const objects = quick ? OBJECTS_QUICK : OBJECTS;
    try {
      say('without an archive');
      const plain = await startRegion({ settings: SETTINGS });
      const plainRate = await fill(plain, objects / 2).finally(() => plain.destroy());
      say('with one');
      const archiving = `backup:\n  folder: ${folder}\n  recipient: ${recipient}\n`;
      const region = await startRegion({ settings: `${SETTINGS}${archiving}` });
      try {
        const rate = await fill(region, objects);
        const at = (...args: readonly string[]) => timed_s(() => region.casemate('backup', ...args));
        say('backup');
        const create_s = await at('create');
        const bytes = bytesBelow(folder, (path) => !path.includes('/changes'));
        const archived = bytesBelow(join(folder, 'changes'), (path) => path.endsWith('.age'));
        const verify_s = await at('verify', folder, '--identity', identity);
        say('restore');
        await region.casemate('destroy', '--yes');
        const restore_s = await at('restore', folder, '--identity', identity, '--data', region.data);
        const up_s = (await region.up()).duration_ms / 1_000;
        const rows: Row[] = [
          {
            what: `a region of ${objects.toLocaleString('en')} objects back, from the command until it serves`,
            value: restore_s + up_s,
            unit: 's',
            target: { atMost: BACK_S_MAX },
            note: `restored in ${restore_s.toFixed(1)} s, up in ${up_s.toFixed(1)} s`,
          },
          {
            what: 'backup while it runs',
            value: create_s,
            unit: 's',
            note: `${(bytes / 1e6).toFixed(1)} MB`,
          },
          {
            what: 'backup verified',
            value: verify_s,
            unit: 's',
            note: 'restored elsewhere, keys opened, every ledger verified',
          },
          {
            what: 'archive of changes, compressed and encrypted',
            value: archived / objects,
            unit: 'bytes an object',
            note: `${(archived / 1e6).toFixed(1)} MB in all`,
          },
          {
            what: `creates, ${CLIENTS} clients, each acknowledged when archived`,
            value: rate,
            unit: '/s',
            peer: { what: 'without an archive', value: plainRate },
            note: 'both on one disk',
          },
        ];
        return { name: 'backup', rows };
      } finally {
        await region.destroy();
      }
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  },
};

/** Makes so many Secrets in an organization; how many a second. */
async function fill(region: TestRegion, count: number): Promise<number> {
  const { kubeconfig } = await createOrganization(region, 'ministry');
  const client = apiClient(region.url, kubeconfigCredentials(readFileSync(kubeconfig, 'utf8')));
  const data = { word: Buffer.alloc(PAYLOAD_BYTES, 'x').toString('base64') };
  let next = 0;
  const write = async () => {
    for (;;) {
      const index = next++;
      if (index >= count) return;
      const object = { metadata: { name: `word-${index}` }, data };
      const { code, text } = await client.send(
        'POST',
        '/orgs/ministry/api/v1/namespaces/default/secrets',
        object,
      );
      if (code !== 201) throw new Error(`${code}: ${text}`);
    }
  };
  const seconds = await timed_s(() => Promise.all(Array.from({ length: CLIENTS }, write)));
  client.close();
  return count / seconds;
}

async function timed_s(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

const bytesBelow = (folder: string, isMeant: (path: string) => boolean): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && isMeant(path))
    .reduce((sum, path) => sum + statSync(path).size, 0);

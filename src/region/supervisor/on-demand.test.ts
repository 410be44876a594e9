/** Processes that are started when somebody asks: real sockets, small shell scripts; and what a receiver of bundles may do on this machine. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gapFolders } from '#gap/import/folders.ts';
import { defaultConfigText } from '../config/default-text.ts';
import { parseConfig } from '../config/load.ts';
import { ensureAccounts } from '../embedded/accounts.ts';
import { ensureFolders } from '../embedded/folders.ts';
import { layoutOf } from '../layout.ts';
import { planRegion } from '../plan.ts';
import type { OnDemandDefinition } from './definition.ts';
import { OnDemand } from './on-demand.ts';

async function offer(t: TestContext, script: string, more: Partial<OnDemandDefinition> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'od-'));
  const definition: OnDemandDefinition = {
    name: 'echo',
    socket: join(folder, 'echo.sock'),
    atOnce_max: 2,
    command: '/bin/sh',
    args: ['-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    ...more,
  };
  const onDemand = new OnDemand();
  await onDemand.adopt({ digest: 'test', logs: folder, processes: [], onDemand: [definition] });
  t.after(async () => {
    await onDemand.stop();
    rmSync(folder, { recursive: true });
  });
  return {
    folder,
    onDemand,
    async ask(text: string): Promise<Socket> {
      const socket = connect(definition.socket);
      await once(socket, 'connect');
      socket.write(text);
      return socket;
    },
  };
}

async function all(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('each who asks has a process of its own, and hears how it ended', async (t) => {
  const { ask } = await offer(t, 'read line; echo "$line to you"; exit 3');
  const [a, b] = await Promise.all([ask('hello\n'), ask('good day\n')]);
  assert.equal(await all(a), 'hello to you\n\n{"type":"ended","how":"exit 3"}\n');
  assert.equal(await all(b), 'good day to you\n\n{"type":"ended","how":"exit 3"}\n');
});

test('a process ends when whoever asked has gone, whatever it does', async (t) => {
  const { ask, folder } = await offer(t, 'echo $$; trap "" TERM HUP; while :; do :; done');
  const socket = await ask('');
  const [pid] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  const isThere = () => {
    try {
      process.kill(Number(pid), 0);
      return true;
    } catch {
      return false;
    }
  };
  while (isThere()) await new Promise(setImmediate);
  assert.match(readFileSync(join(folder, 'echo.log'), 'utf8'), /^$/);
});

test('more than may run at once are told so, and whoever stops ends them all', async (t) => {
  const { ask, onDemand } = await offer(t, 'echo on; exec sleep 600');
  const running = await Promise.all([ask(''), ask('')]);
  await Promise.all(running.map((socket) => once(socket, 'data')));
  assert.match(await all(await ask('')), /"2 of echo run already"/);
  const ends = running.map(all);
  await onDemand.stop();
  for (const end of ends) assert.match(await end, /"how":"signal SIGKILL"/);
});

/** What a process of that name may do on this machine, without Node's own permissions: what the account alone may do. */
async function whatItMay(t: TestContext, name: 'receiver' | 'inspector') {
  const folder = mkdtempSync(join(tmpdir(), 'rc-'));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true }));
  const layout = layoutOf(folder);
  const text = defaultConfigText({ name: 'test', id: 'r00000000', listen: '127.0.0.1:6443' });
  const accounts = ensureAccounts();
  writeFileSync(layout.config, text);
  ensureFolders(layout, accounts);
  const { onDemand = [] } = planRegion({
    layout,
    config: parseConfig(text, 'region.yaml'),
    accounts,
    postgres: undefined,
    imageCache: folder,
  });
  const definition = onDemand.find((one) => one.name === name);
  assert.ok(definition);
  const tries = `
    const fs = require('node:fs');
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    const field = (name) => new RegExp('^' + name + ':\\\\s*(.*)$', 'm').exec(status)?.[1];
    const can = (work) => { try { work(); return true; } catch (error) { return error.code; } };
    const [keys, quarantine, content, inbox, run] = process.argv.slice(1);
    console.log(JSON.stringify({
      uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(),
      caps: field('CapEff'), bounding: field('CapBnd'), newPrivileges: field('NoNewPrivs'),
      interfaces: fs.readFileSync('/proc/self/net/dev', 'utf8').split('\\n').slice(2).map((line) => line.split(':')[0].trim()).filter(Boolean),
      limits: /^Max data size +(\\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1],
      keys: can(() => fs.readdirSync(keys)), inbox: can(() => fs.readdirSync(inbox)), content: can(() => fs.readdirSync(content)),
      socket: can(() => fs.readdirSync(run)),
      makes: [quarantine, content, inbox].map((folder) => can(() => fs.writeFileSync(folder + '/x', ''))),
    }));`;
  const args = definition.args.slice(0, definition.args.indexOf('--permission'));
  const { quarantine, content, inbox } = gapFolders(layout.gap);
  const { ask } = await offer(t, '', {
    ...definition,
    socket: join(folder, 'probe.sock'),
    name: 'probe',
    args: [...args, '-e', tries, layout.keys, quarantine, content, inbox, layout.run.folder],
  });
  const [line = ''] = (await all(await ask(''))).split('\n');
  const { uid, gid } = accounts[name];
  return { found: JSON.parse(line) as object, account: { uid, gid, groups: [gid] } };
}

const NO_RIGHTS = {
  caps: '0000000000000000',
  bounding: '0000000000000000',
  newPrivileges: '1',
  interfaces: ['lo'],
  keys: 'EACCES',
  socket: 'EACCES',
  inbox: true,
  makes: ['EACCES', 'EACCES', 'EACCES'],
};

test('a receiver of bundles runs as an account without rights, in a network without a way out, and cannot see what the region keeps', async (t) => {
  const { found, account } = await whatItMay(t, 'receiver');
  assert.deepEqual(found, { ...NO_RIGHTS, ...account, limits: `${1_536 * 1024 * 1024}`, content: true });
});

test('what looks into files that are to leave is another account still, which reads neither bundles nor what the region keeps', async (t) => {
  const { found, account } = await whatItMay(t, 'inspector');
  assert.deepEqual(found, { ...NO_RIGHTS, ...account, limits: `${768 * 1024 * 1024}`, content: 'EACCES' });
});

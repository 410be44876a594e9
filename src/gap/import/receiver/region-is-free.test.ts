// The region's process goes on answering while a bundle comes in: whoever reads, hashes and writes it is another process.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { NOW_ms, startBundleWorld } from '../../bundle/testing/bundle-world.ts';
import { startedHere } from '../../confined/start.ts';
import { gapFolders } from '../folders.ts';
import { ImportStore } from '../store.ts';
import { processReceiver } from './client.ts';
import { receiverCommand } from './command.ts';

test('a request is answered while a bundle is in the middle of coming in, and the bundle comes in', async (t) => {
  const world = await startBundleWorld(t);
  const bundle = await world.signed('seven', 'tar');
  const folders = { ...gapFolders(world.path('gap')), inbox: world.folder };
  const advisories = world.path('advisories');
  for (const folder of [...Object.values(folders), advisories]) await mkdir(folder, { recursive: true });
  const { command, args } = receiverCommand({ folders, advisories });
  const pidFile = world.path('pid');
  // The same process, whose number is written down first.
  const receiver = startedHere({
    command: 'sh',
    args: ['-c', 'echo $$ >"$0"; exec "$@"', pidFile, command, ...args],
  });
  const store = new ImportStore({
    folders,
    advisories,
    receiver: processReceiver(receiver, new ManualClock(NOW_ms)),
  });
  const server = createServer((_request, response) => response.end('here I am'));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const events: string[] = [];
  let asked = Promise.resolve();
  const ask = async () => {
    const pid = Number(await readFile(pidFile, 'utf8'));
    // It cannot end before it is let go on, however quick it is.
    process.kill(pid, 'SIGSTOP');
    events.push('half of it is here');
    asked = fetch(url)
      .then((response) => response.text())
      .then((text) => void events.push(text))
      .finally(() => process.kill(pid, 'SIGCONT'));
  };
  const against = {
    trust: world.trust,
    clock_ms: NOW_ms,
    age: {},
    policy: {},
    archives: true,
    signal: new AbortController().signal,
  };
  const { summary } = await store.receive('one', basename(bundle), against, async (done, total) => {
    if (events.length === 0 && done >= total / 2 && done < total) await ask();
  });
  events.push(`${summary.name} is here`);
  await asked;
  assert.deepEqual(events, ['half of it is here', 'here I am', 'town-models is here']);
});

/**
 * Debian's `python3-kubernetes`: what it does is in python_client.py, which asserts as it goes.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TerminalConnector, TextConnector } from '#kernel/connect.ts';
import { TEST_KINDS } from '#kernel/wire/test-kinds.ts';
import { startTestServer } from '#kernel/wire/test-server.ts';
import { output, runCommand } from '../support/command.ts';

/** Debian's own, whatever else a developer has in the PATH: the package belongs to it. */
const PYTHON = '/usr/bin/python3';
const PACKAGE = '/usr/lib/python3/dist-packages/kubernetes/__init__.py';
const LIMIT_MS = 60_000;

const exec: TerminalConnector = {
  type: 'terminal',
  async open({ query }, { stdout }) {
    await stdout(Buffer.from(`${query.getAll('command').slice(1).join(' ')}\n`));
    return { exitCode: 0 };
  },
};
const log: TextConnector = {
  type: 'text',
  open: async ({ object }) =>
    (async function* () {
      yield Buffer.from(`log of ${object.metadata.name}\n`);
    })(),
};

test('the Python client works: typed, custom and dynamic objects, watches, pages, refusals, a terminal', async () => {
  assert.ok(existsSync(PACKAGE), 'install it: apt-get install python3-kubernetes');
  const server = await startTestServer({
    kinds: TEST_KINDS,
    limits: { watchRing_max: 20, watchHistory_max: 20 },
    connectors: { 'machines.lab.casemate.internal/exec': exec, 'machines.lab.casemate.internal/log': log },
  });
  const folder = await mkdtemp(join(tmpdir(), 'python-client-'));
  try {
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, server.kubeconfig('/orgs/acme'), { mode: 0o600 });
    const script = join(import.meta.dirname, 'python_client.py');
    const env = { KUBECONFIG: kubeconfig, HOME: folder, PYTHONDONTWRITEBYTECODE: '1' };
    const ran = runCommand(PYTHON, ['-W', 'ignore', script], { env, limit_ms: LIMIT_MS });
    assert.equal(await output(ran, 'the Python client'), 'done\n');
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
});

/** What begins agreed releases, as the supervisor starts it: it takes one name, and says what is wrong with anything else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const STARTER = fileURLToPath(new URL('starter.ts', import.meta.url));

test('who asks can name a Release and nothing else, and nothing is begun on their word', (t) => {
  const data = mkdtempSync(join(tmpdir(), 'starter-'));
  t.after(() => rmSync(data, { recursive: true }));
  const ask = (line: string): unknown =>
    JSON.parse(spawnSync(process.execPath, [STARTER, data], { input: line, encoding: 'utf8' }).stdout);
  const path = { type: 'failed', message: /^release: Invalid value: .*: must match/ };
  for (const [line, message] of [
    ['{"release":"../../api/v1/secrets"}\n', path.message],
    ['{"release":"a b"}\n', path.message],
    ['{"release":7}\n', /^release: Invalid value/],
    ['{"digest":"sha256:1"}\n', /release/],
    ['nonsense\n', /JSON/],
    ['', /nothing was asked/],
    [`${'x'.repeat(10_000)}\n`, /more than 8192 bytes/],
    // No operator's kubeconfig is here, so nobody can say what was agreed to.
    ['{"release":"0.2.0"}\n', /ENOENT/],
  ] as const) {
    const answer = ask(line) as { readonly type: string; readonly message: string };
    assert.equal(answer.type, 'failed', line);
    assert.match(answer.message, message);
  }
  assert.equal(existsSync(join(data, 'releases')), false);
});

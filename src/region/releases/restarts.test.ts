import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfigText } from '../config/default-text.ts';
import { parseConfig } from '../config/load.ts';
import { ensureAccounts } from '../embedded/accounts.ts';
import { layoutOf } from '../layout.ts';
import { planRegion } from '../plan.ts';
import { PROGRAM_FOLDER } from '../program.ts';
import type { SupervisorPlan } from '../supervisor/definition.ts';
import { mustRestart } from '../supervisor/must-restart.ts';

const ENGINES: readonly string[] = ['postgres', 'incus'];

test('from one release to the next the database and Incus run on, and all that is of the program starts anew', () => {
  const settings = { name: 'test', id: 'r00000000', listen: '127.0.0.1:6443' };
  const here = planRegion({
    layout: layoutOf('/var/lib/casemate'),
    config: parseConfig(defaultConfigText(settings), 'region.yaml'),
    accounts: ensureAccounts(),
    postgres: '/usr/lib/postgresql/15/bin',
    imageCache: '/var/cache/casemate',
  });
  // What the same program would say from where a release lies.
  const text = JSON.stringify(here).replaceAll(
    PROGRAM_FOLDER,
    '/var/lib/casemate/releases/0.2.0-0a82430d3cdb',
  );
  const there = JSON.parse(text) as SupervisorPlan;
  assert.ok(here.processes.some(({ name }) => name === 'postgres'));
  for (const [index, process] of here.processes.entries()) {
    const other = there.processes[index];
    assert.ok(other);
    // Programs of Debian's, such as chronyd, are none of ours.
    const isOurs = JSON.stringify(process.args).concat(process.command).includes(PROGRAM_FOLDER);
    assert.equal(mustRestart(process, other), isOurs, process.name);
    if (ENGINES.includes(process.name)) assert.equal(isOurs, false, process.name);
  }
});

/** What tests of the supervisor share: small shell scripts for processes, and waiting for what becomes of them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { wakefulClock } from '../../clock.ts';
import { type Layout, layoutOf } from '../../layout.ts';
import type { ProcessDefinition, SupervisorPlan, SupervisorStatus } from '../definition.ts';
import { stopSupervisor, waitUntilReady } from '../launch.ts';

export function openLayout(t: TestContext): Layout {
  const layout = layoutOf(mkdtempSync(join(tmpdir(), 'sv-')));
  mkdirSync(layout.run.folder);
  mkdirSync(layout.logs);
  t.after(async () => {
    await stopSupervisor(layout, wakefulClock);
    rmSync(layout.data, { recursive: true });
  });
  return layout;
}

/** A process that runs a shell script; it is ready when the file `<name>.ready` is there. */
export function script(
  layout: Layout,
  name: string,
  body: string,
  more: Partial<ProcessDefinition> = {},
): ProcessDefinition {
  return {
    name,
    command: '/bin/sh',
    args: ['-c', body],
    env: { PATH: '/usr/bin:/bin' },
    cwd: layout.data,
    after: [],
    ready: { type: 'command', command: '/usr/bin/test', args: ['-e', join(layout.data, `${name}.ready`)] },
    startLimit_ms: 10_000,
    stop: { signal: 'SIGTERM', grace_ms: 5_000 },
    ...more,
  };
}

export const planOf = (layout: Layout, ...processes: ProcessDefinition[]): SupervisorPlan => ({
  digest: 'test',
  logs: layout.logs,
  processes,
});

export const untilReady = (layout: Layout): Promise<SupervisorStatus> =>
  waitUntilReady(layout, wakefulClock, { limit_ms: 20_000, onChange: () => {} });

export async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `not within 20 s: ${what}`);
    await new Promise(setImmediate);
  }
}

export const processOf = (status: SupervisorStatus | undefined, name: string) =>
  status?.processes.find((process) => process.name === name);

export const history = (layout: Layout): string[] =>
  readFileSync(join(layout.data, 'history'), 'utf8').trim().split('\n');

/** Writes down when it starts and when it is told to stop, and is ready at once. */
export const wellBehaved = (name: string): string =>
  `echo start ${name} >> history; trap 'echo stop ${name} >> history; exit 0' TERM; touch ${name}.ready; while :; do sleep 0.05; done`;

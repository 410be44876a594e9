/** `casemate up`: brings the region up, shows progress, and says what to do next. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { wakefulClock } from '#region/clock.ts';
import type { Layout } from '#region/layout.ts';
import { objectsUrl } from '#region/objects/places.ts';
import { isUnderWay, settleUpgrades } from '#region/releases/launch.ts';
import { apiUrl, publicUrl } from '#region/status.ts';
import { NotReadyError, stopSupervisor, supervisorStatus } from '#region/supervisor/launch.ts';
import { Timings } from '#region/timings.ts';
import { bringUp, type UpResult } from '#region/up.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { ranInCurrentRelease } from '../release/current.ts';
import type { UpCommandOptions } from './commands.ts';
import { lastLines } from './logs.ts';
import { checkAccess, chosenImageCache, chosenRegion, ownCommandFor } from './where.ts';

const LOG_LINES_ON_FAILURE = 15;

export async function up(options: UpCommandOptions): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  if (await ranInCurrentRelease(layout)) return;
  if (isUnderWay(layout)) throw new Error('an upgrade is under way: casemate release status');
  await settleUpgrades(layout, wakefulClock);
  const timings = new Timings(wakefulClock);
  const report = (line: string) => {
    process.stderr.write(`${seconds(timings.total_ms()).padStart(6)}  ${line}\n`);
  };
  const imageCache = chosenImageCache(options.imageCache);
  const { name, listen } = options;
  let result: UpResult;
  try {
    result = await bringUp({ layout, name, listen, imageCache, report, timings, clock: wakefulClock });
  } catch (error) {
    if (error instanceof NotReadyError) await explain(error, layout);
    throw error;
  }
  printResult(layout, result, timings);
  if (options.timings) printTimings(timings);
  if (options.foreground) await stayInForeground(layout);
}

function printResult(
  layout: Layout,
  { config, status, wasRunning, shortcomings }: UpResult,
  timings: Timings,
): void {
  const sealed = status.processes.find((process) => process.sealed !== undefined)?.sealed;
  const lines = [
    sealed !== undefined
      ? `Region ${config.name} runs, and ${sealed}:\n  ${ownCommandFor(layout, 'unseal')}`
      : wasRunning
        ? `Region ${config.name} was running and is ready.`
        : `Region ${config.name} is ready, after ${seconds(timings.total_ms())}.`,
    '',
    `  API         ${apiUrl(config.listen)}`,
    `  console     ${publicUrl(config)}/console/`,
    `  objects     ${objectsUrl(config)}, from the first bucket on`,
    `  kubeconfig  ${layout.operatorKubeconfig}`,
    `  data        ${layout.data}`,
    '',
  ];
  if (shortcomings.length > 0) {
    lines.push('What does not work here:', ...shortcomings.map((text) => `  - ${text}`), '');
  }
  lines.push(
    'Next:',
    `  export KUBECONFIG=${shellWord(layout.operatorKubeconfig)}`,
    `  ${ownCommand()} org create acme --admin alice`,
    `  ${ownCommandFor(layout, 'status')}`,
    '',
  );
  process.stdout.write(lines.join('\n'));
}

function printTimings(timings: Timings): void {
  for (const { name, duration_ms } of timings.phases()) {
    process.stderr.write(`${name.padEnd(16)} ${String(Math.round(duration_ms)).padStart(7)} ms\n`);
  }
  process.stderr.write(`${'total'.padEnd(16)} ${String(Math.round(timings.total_ms())).padStart(7)} ms\n`);
}

async function explain(error: NotReadyError, layout: Layout): Promise<void> {
  for (const path of error.logs) {
    const text = await lastLines(path, LOG_LINES_ON_FAILURE);
    process.stderr.write(`--- the end of ${path}\n${text}\n`);
  }
  process.stderr.write(`The supervisor keeps trying; to stop it: ${ownCommandFor(layout, 'down')}\n`);
}

/** Shows the logs until a signal comes or the supervisor ends, then sees that everything has stopped. */
async function stayInForeground(layout: Layout): Promise<void> {
  const status = await supervisorStatus(layout);
  const names = ['supervisor', ...(status?.processes.map(({ name }) => name) ?? [])];
  const files = names.map((name) => join(layout.logs, `${name}.log`));
  const watched = status === undefined ? [] : [`--pid=${status.pid}`];
  const tail = spawn('tail', ['-n', '0', '-q', '-F', ...watched, ...files], {
    stdio: ['ignore', 'inherit', 'ignore'],
    // A session of its own: an interrupt at the terminal must not end it before the region has stopped.
    detached: true,
  });
  const ended = new Promise<'supervisor'>((resolve) => tail.once('exit', () => resolve('supervisor')));
  const asked = new Promise<'signal'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve('signal'));
  });
  const reason = await Promise.race([ended, asked]);
  await stopSupervisor(layout, wakefulClock);
  tail.kill();
  if (reason === 'supervisor') throw new Error('the supervisor ended without being asked to');
}

const seconds = (duration_ms: number): string => `${(duration_ms / 1000).toFixed(1)} s`;

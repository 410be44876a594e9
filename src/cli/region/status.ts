/** `casemate status`: what runs. Exits with 0 when the region is ready, else with 3. */
import { type RegionStatus, regionStatus } from '#region/status.ts';
import type { DataOption } from './commands.ts';
import { checkAccess, chosenRegion, ownCommandFor } from './where.ts';

// What the Linux Standard Base has `status` answer for a service that does not run.
const EXIT_NOT_RUNNING = 3;

export async function status(options: DataOption & { readonly output: 'text' | 'json' }): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  const found = await regionStatus(layout);
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else process.stdout.write(`${describe(found, ownCommandFor(layout, 'up'))}\n`);
  if (found.state !== 'ready') process.exitCode = EXIT_NOT_RUNNING;
}

function describe(found: RegionStatus, upCommand: string): string {
  if (found.state === 'absent') return `There is no region in ${found.data}. To make one: ${upCommand}`;
  const lines = [
    `Region ${found.name} (${found.id}) is ${found.state}.`,
    '',
    `  API         ${found.api}`,
    `  kubeconfig  ${found.kubeconfig ?? 'not made yet'}`,
    `  data        ${found.data}`,
  ];
  if (found.supervisor === undefined) return [...lines, '', `To start it: ${upCommand}`].join('\n');
  const rows = [
    ['PROCESS', 'STATE', 'PID', 'RESTARTS', 'SINCE'],
    ...found.supervisor.processes.map((process) => [
      process.name,
      process.state,
      `${process.pid ?? '-'}`,
      `${process.restarts}`,
      process.since,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  lines.push(
    '',
    ...rows.map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    ),
  );
  const troubled = found.supervisor.processes.filter(({ lastFailure }) => lastFailure !== undefined);
  if (troubled.length > 0) {
    lines.push('', ...troubled.map(({ name, lastFailure }) => `  ${name} last ${lastFailure}`));
  }
  for (const { name, failing } of found.supervisor.processes)
    if (failing !== undefined) lines.push('', `  ${name}: ${failing}`);
  const seal = found.supervisor.processes.flatMap((process) => process.seal ?? []);
  for (const { sealed: holds, message, since } of seal)
    lines.push('', `  ${holds ? 'Sealed' : 'NOT SEALED'} since ${since}: ${message}`);
  const sealed = found.supervisor.processes.flatMap((process) => process.sealed ?? []);
  if (sealed.length > 0) lines.push('', ...sealed.map((reason) => `  ${reason}: casemate unseal`));
  const notes = found.supervisor.processes.flatMap((process) => process.notes);
  if (notes.length > 0) lines.push('', 'What does not work here:', ...notes.map((note) => `  - ${note}`));
  return lines.join('\n');
}

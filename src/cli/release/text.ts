/** Releases as lines for people. Pure. */
import type { Current, Entry } from '#gap/release/journal.ts';
import type { ReleaseStatus } from '#gap/release/release-kind.ts';
import type { SupervisorStatus } from '#region/supervisor/definition.ts';
import { mebibytes } from '../bundle/progress.ts';

/** `command`: how this person calls us. */
export function planLines(version: string, status: ReleaseStatus | undefined, command: string): string[] {
  if (status === undefined) return [`${version}: nothing is known of it yet`];
  const { phase, plan, conditions } = status;
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return [
    `Casemate ${version} is ${phase}${ready === undefined ? '' : `: ${ready.message}`}`,
    ...(plan === undefined
      ? []
      : [
          `  from      ${plan.from}`,
          `  to        ${plan.to}, with Node ${plan.node}, ${mebibytes(plan.bytes)}`,
          `  digest    ${plan.digest}`,
          `  came in   ${plan.bundle}, signed by ${plan.signers.join(', ') || 'people who are not on record any more'}`,
          ...(plan.migrations.length === 0
            ? ['  database  stays as it is']
            : plan.migrations.map(
                (migration, index) => `  ${index === 0 ? 'database' : '        '}  ${migration}`,
              )),
          `  restarts  ${plan.restarts}`,
          `  back      ${plan.rollback}`,
          ...plan.problems.map((problem) => `  PROBLEM   ${problem}`),
        ]),
    ...(phase === 'AwaitingApproval'
      ? [
          'Ask, and have somebody else agree; then apply it:',
          `  ${command} approval request apply release/${version} --reason "…"`,
          `  ${command} release apply ${version}`,
        ]
      : []),
  ];
}

/** To the second; programs read milliseconds in JSON. */
export const entryLine = ({ at, step, message }: Pick<Entry, 'at' | 'step' | 'message'>): string =>
  `${at.replace(/\.\d+Z$/, 'Z')}  ${step.padEnd(11)}  ${message}`;

/** `running`: the version where no release was ever applied. `supervisor`: the program of the one that runs. */
export function statusLines(
  current: Current | undefined,
  entries: readonly Entry[],
  running: string,
  supervisor?: Partial<SupervisorStatus['program']>,
): string[] {
  return [
    ...(current === undefined
      ? [`Casemate ${running} runs, from the checkout that the region was made from.`]
      : [
          `Casemate ${current.version} runs since ${current.since}.`,
          `  digest  ${current.digest}`,
          `  folder  ${current.folder}`,
          ...current.before.map(({ version }, index) => `  ${index === 0 ? 'before' : '      '}  ${version}`),
        ]),
    ...(supervisor === undefined ? [] : [supervisorLine(supervisor, current?.folder)]),
    ...(entries.length === 0
      ? []
      : ['', 'The last change:', ...entries.map((entry) => `  ${entryLine(entry)}`)]),
  ];
}

/** A supervisor of before it could say so says nothing. */
function supervisorLine({ version, folder }: Partial<SupervisorStatus['program']>, current?: string): string {
  if (version === undefined)
    return '  supervisor  an earlier program: casemate down, casemate up exchanges it';
  const isOther = current !== undefined && folder !== current;
  return `  supervisor  Casemate ${version}, from ${folder}${isOther ? ': it stays until casemate down, casemate up; its log says why' : ''}`;
}

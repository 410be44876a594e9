/** `casemate bundle diff`. */
import { differenceOf, inspectBundle } from '#gap/bundle/inspect.ts';
import { EXIT, reporting } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import { mebibytes } from './progress.ts';
import type { OutputOption } from './register.ts';

export const diff = reporting(async (before: string, after: string, options: OutputOption) => {
  const difference = differenceOf(await inspectBundle(before), await inspectBundle(after));
  if (!difference.same) process.exitCode = EXIT.error;
  if (options.output === 'json') {
    print(`${JSON.stringify(difference, null, 2)}\n`);
    return;
  }
  if (difference.same) {
    printLines(['the same content; neither was verified']);
    return;
  }
  const { added, removed, changed, newBytes, sharedBytes, deltas } = difference;
  printLines([
    ...removed.map((path) => `- ${path}`),
    ...added.map((path) => `+ ${path}`),
    ...changed.map((path) => `~ ${path}`),
    `${mebibytes(newBytes)} new, ${mebibytes(sharedBytes)} in both; neither was verified`,
    ...(deltas === undefined
      ? []
      : [
          `of it ${after} carries ${mebibytes(deltas.bytes)} as deltas, and leaves out ${mebibytes(deltas.left_bytes)}`,
        ]),
  ]);
});

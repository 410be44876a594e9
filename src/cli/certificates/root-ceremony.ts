/** `casemate ca ceremony`: the people, the terminal and the files of the offline root's ceremony. It connects to nothing. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { wakefulClock } from '#region/clock.ts';
import { parseIssuerRequest, textOf } from '#trust/certificates/issuer-request.ts';
import { holdRootCeremony } from '#trust/certificates/offline-root.ts';
import type { CeremonyRoom } from '#trust/keys/seal/ceremony.ts';
import { atTheTerminal, chosen, intoFiles, opening } from '../keys/ceremony.ts';
import { CliError, reporting } from '../resources/errors.ts';
import type { RootCeremonyCommandOptions } from './register.ts';

/** Who opens a root that is there. With two in one ceremony, it is said which. */
function opened(what: string): CeremonyRoom {
  const nobody = async () => {
    throw new CliError('nothing is shown when a root is opened');
  };
  return {
    show: nobody,
    readBack: nobody,
    open: (state, problem) => {
      process.stderr.write(`To open ${what}:\n`);
      return opening(state, problem);
    },
  };
}

export const ceremony = reporting(async (options: RootCeremonyCommandOptions) => {
  const { folder, earlier, sharesTo } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o077) !== 0) {
    throw new CliError(`--folder ${folder}: others may look into it; run: chmod 700 ${folder}`);
  }
  const answer = await holdRootCeremony({
    folder,
    request: parseIssuerRequest(readFileSync(options.request, 'utf8')),
    choice: () => chosen(options),
    ...(earlier === undefined
      ? {}
      : { earlier: { folder: earlier, room: () => opened(`the root in ${earlier}`) } }),
    room: (choice) => {
      if (choice === undefined) return opened(`the root in ${folder}`);
      return sharesTo === undefined ? atTheTerminal(choice) : intoFiles(sharesTo);
    },
    present: options.present ?? [],
    // Names files and people, and holds no secret: none is ever taken from the command line.
    command: ['casemate', ...process.argv.slice(2)].join(' ').slice(0, 2_000),
    clock: wakefulClock,
  });
  writeFileSync(options.out, textOf(answer), { mode: 0o644, flag: 'wx' });
  process.stdout.write(answer.transcript);
  process.stderr.write(
    `Carry ${options.out} to the region: casemate ca import. Keep ${folder} and copies of it locked away, and the transcript on paper.\n`,
  );
});

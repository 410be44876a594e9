/** `casemate keys ceremony`: the people, the terminal and the files of a key ceremony. What it does is in `#trust/keys/seal/ceremony.ts`. */
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wakefulClock } from '#region/clock.ts';
import { loadConfig } from '#region/config/load.ts';
import { ensureAccounts } from '#region/embedded/accounts.ts';
import type { Layout } from '#region/layout.ts';
import { supervisorStatus } from '#region/supervisor/launch.ts';
import { beginSeal, type CeremonyRoom, rotateSeal, type SealChoice } from '#trust/keys/seal/ceremony.ts';
import { checkAccess, chosenRegion, ownCommandFor } from '../region/where.ts';
import { CliError, reporting } from '../resources/errors.ts';
import type { CeremonyCommandOptions } from './register.ts';
import { clearScreen, isTerminal, onScreen, pressEnter, readSecret } from './secret-input.ts';

export const init = reporting((options: CeremonyCommandOptions) => hold(options, beginSeal));
export const rotate = reporting((options: CeremonyCommandOptions) => hold(options, rotateSeal));

async function hold(options: CeremonyCommandOptions, ceremony: typeof beginSeal): Promise<void> {
  const layout = chosenRegion(options.data);
  checkAccess(layout);
  if (!existsSync(layout.config)) {
    throw new CliError(`there is no region in ${layout.data}: write its region.yaml first, or run up once`);
  }
  if ((await supervisorStatus(layout)) !== undefined) {
    throw new CliError('the region runs; a ceremony takes one that is stopped', {
      hint: ownCommandFor(layout, 'down'),
    });
  }
  const { name } = await loadConfig(layout.config);
  keysFolder(layout);
  const choice = await chosen(options);
  const room = options.sharesTo === undefined ? atTheTerminal(choice) : intoFiles(options.sharesTo);
  const common = { folder: layout.keys, region: name, choice, room, clock: wakefulClock };
  const transcript = await ceremony(common);
  if (options.transcript === undefined) process.stdout.write(transcript);
  else writeFileSync(options.transcript, transcript, { mode: 0o644, flag: 'wx' });
  process.stderr.write(
    `Sealed. In ${layout.config}, keys.seal must be: ${choice.seal}. Then: ${ownCommandFor(layout, 'up')}, and ${ownCommandFor(layout, 'unseal')}\n` +
      `Keep copies of ${join(layout.keys, 'master.sealed')}: without it the shares open nothing.\n`,
  );
}

/** Of a region that was never started it is made here, as `up` would. */
function keysFolder({ keys }: Layout): void {
  if (existsSync(keys)) return;
  const { region } = ensureAccounts();
  mkdirSync(keys, { mode: 0o700 });
  chownSync(keys, region.uid, region.gid);
  chmodSync(keys, 0o700);
}

export async function chosen({
  seal,
  custodian = [],
  threshold,
}: CeremonyCommandOptions): Promise<SealChoice> {
  if (seal === 'shares') {
    if (custodian.length < 2) throw new CliError('--custodian: name at least two people, once for each');
    if (threshold === undefined) throw new CliError('--threshold: say how many of them it takes');
    return { seal, threshold, custodians: custodian };
  }
  const passphrase = await readSecret('New passphrase (16 characters or more): ');
  if (isTerminal() && (await readSecret('Again: ')) !== passphrase) {
    throw new CliError('the two were not the same; nothing was changed');
  }
  return { seal, passphrase: Buffer.from(passphrase, 'utf8') };
}

export const opening: CeremonyRoom['open'] = async (state, problem) => {
  if (problem !== undefined) {
    if (!isTerminal()) throw new CliError(problem);
    process.stderr.write(`${problem}\n`);
  }
  const { seal, given, needed } = state;
  const what = seal === 'shares' ? `Share ${given.length + 1} of ${needed}` : 'The passphrase so far';
  return (await readSecret(`${what}: `)).trim();
};

export function atTheTerminal(choice: SealChoice): CeremonyRoom {
  if (choice.seal === 'shares' && !isTerminal()) {
    throw new CliError('shares are shown at a terminal, to one custodian at a time; or give --shares-to');
  }
  return {
    async show({ name, index, of }, share) {
      clearScreen();
      await pressEnter(
        `Share ${index} of ${of} is ${name}'s. Everybody else, look away. ${name}: press Enter. `,
      );
      await onScreen(async () => {
        process.stderr.write(`\n${share}\n\n`);
        await pressEnter(`Write it down on paper, nowhere else. Press Enter to clear the screen. `);
      });
    },
    async readBack({ name, index }, problem) {
      if (problem !== undefined) process.stderr.write(`${problem}\n`);
      return readSecret(`${name}, type share ${index} from your paper (it is not shown): `);
    },
    open: opening,
  };
}

export function intoFiles(folder: string): CeremonyRoom {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o077) !== 0) {
    throw new CliError(`--shares-to ${folder}: others may look into it; run: chmod 700 ${folder}`);
  }
  return {
    async show({ index }, share) {
      writeFileSync(join(folder, `share-${index}`), `${share}\n`, { mode: 0o600, flag: 'wx' });
    },
    async readBack() {
      return undefined;
    },
    open: opening,
  };
}

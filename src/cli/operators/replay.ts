/** `casemate access-request recordings` and `replay`: what operators did in the organization's terminals. */

import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { accessType, type ListOptions, printAll } from '../approvals/commands.ts';
import { objectPath } from '../resources/discovery.ts';
import { CliError } from '../resources/errors.ts';
import { type AnyObject, textAt } from '../resources/objects.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printLines } from '../resources/output.ts';
import { listObjects } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';

/** Nobody waits longer than this for the next key to be pressed. */
const IDLE_S_MAX = 2;

export const recordings = inSession(async (session: Session, options: ListOptions) => {
  await printAll(session, await accessType(session, 'TerminalRecording'), options.output);
});

export interface ReplayOptions extends SessionOptions {
  readonly out?: string;
}

/** Plays the output of an asciicast at its pace. */
async function play(cast: string): Promise<void> {
  let at_s = 0;
  for (const line of cast.trimEnd().split('\n').slice(1)) {
    const [time_s, code, text] = JSON.parse(line) as [number, string, string];
    await pause(Math.min(time_s - at_s, IDLE_S_MAX) * 1_000);
    at_s = time_s;
    if (code === 'o') process.stdout.write(text);
  }
}

/** Throws when what came is not what the ledger says; nothing of it is shown then. */
function check(session: Session, name: string, cast: string, recording: AnyObject): void {
  const phase = textAt(recording, 'status', 'phase');
  if (phase === 'Recording') {
    process.stderr.write(`${name} is being recorded: this is what there is so far\n`);
    return;
  }
  if (hash('sha256', cast) !== textAt(recording, 'status', 'sha256')) {
    throw new CliError(
      `${name} is not what the ledger of "${session.organization}" holds: its digest differs`,
    );
  }
  if (phase === 'Incomplete') process.stderr.write(`${name} is incomplete: its recording broke off\n`);
}

export const replay = inSession(async (session: Session, options: ReplayOptions, name: string) => {
  session.requireOrganization('casemate access-request replay');
  const type = await accessType(session, 'TerminalRecording');
  const { items } = await listObjects(session.client, type, undefined);
  const meant = items.filter(
    (item) => item.metadata.name === name || textAt(item, 'spec', 'accessRequest', 'name') === name,
  );
  if (meant.length === 0) throw new CliError(`there is no recording of "${name}"`);
  if (options.out !== undefined && meant.length > 1) {
    throw new CliError(`it left ${meant.length} recordings: give the name of one`, {
      hint: meant.map((item) => item.metadata.name).join(', '),
    });
  }
  for (const recording of meant) {
    const path = `${objectPath(type, undefined, recording.metadata.name)}/replay`;
    const { body } = await session.client.send({ path, accept: '*/*' });
    const cast = body.toString('utf8');
    check(session, recording.metadata.name, cast, recording);
    if (options.out === undefined) await play(cast);
    else {
      await writeFile(options.out, cast, { mode: 0o600, flag: 'wx' });
      printLines([`${recording.metadata.name} is in ${options.out}`]);
    }
  }
});

/**
 * From one release to another, step by step, each on disk before the next. Until `Switching` nothing that runs is touched; from then on the supervisor holds the way
 * back, and takes it by itself when whoever runs this is gone. It ends in one of `ENDS`, and with exactly one release running.
 */
import { isEnd, type Journal } from './journal.ts';

/** What it does to the machine. Each may be called again after a crash, with everything before it. */
export interface Machine {
  /** Lays the release beside the others, checked. What it was, in words. */
  install(): Promise<string>;
  /** The new release loads here, its plan is made, and it can work with the database as the old one can with what it leaves behind. */
  check(): Promise<string>;
  /** The database comes forward while the old release works with it. */
  migrate(): Promise<string>;
  /** The supervisor goes over to the new release, on trial. */
  begin(attempt: number): Promise<void>;
  /** Throws with what is wrong unless the new release is well for as long as it takes to trust it. `onTrial`: it serves, for the first time. */
  prove(onTrial: (message: string) => Promise<void>): Promise<string>;
  /** It stays. False when the supervisor has gone back meanwhile. */
  confirm(): Promise<boolean>;
  /** Back to the old release, unless the new one was confirmed; resolves when what runs then serves. */
  revert(): Promise<void>;
  /** Whether the supervisor is over to something on trial. */
  isOnTrial(): Promise<boolean>;
  /** The attempt that `current.json` says came to its end. */
  confirmedAttempt(): Promise<number | undefined>;
}

export type Outcome = 'Confirmed' | 'Failed' | 'RolledBack';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Never throws for what is wrong with the release: it says so in the journal, and what ran before runs. */
export async function upgrade(
  machine: Machine,
  journal: Pick<Journal, 'note'>,
  attempt: number,
): Promise<{ readonly outcome: Outcome; readonly message: string }> {
  const end = async (outcome: Outcome, message: string) => {
    await journal.note(attempt, outcome, message);
    return { outcome, message };
  };
  try {
    await journal.note(attempt, 'Installed', await machine.install());
    await journal.note(attempt, 'Checked', await machine.check());
    await journal.note(attempt, 'Migrated', await machine.migrate());
    await journal.note(attempt, 'Switching', 'the supervisor goes over to it, on trial');
  } catch (error) {
    return end('Failed', `nothing that runs was touched: ${messageOf(error)}`);
  }
  try {
    await machine.begin(attempt);
    const proof = await machine.prove((message) => journal.note(attempt, 'OnTrial', message));
    await journal.note(attempt, 'Healthy', proof);
    if (await machine.confirm()) return end('Confirmed', 'it runs from now on');
    throw new Error('the supervisor had gone back before it was confirmed');
  } catch (error) {
    const reason = messageOf(error);
    await journal.note(attempt, 'RollingBack', reason);
    await machine.revert();
    // The supervisor's word was lost on its way, not what it did.
    if ((await machine.confirmedAttempt()) === attempt) return end('Confirmed', 'it runs from now on');
    return end('RolledBack', reason);
  }
}

/**
 * Says how an attempt ended whose driver was killed, and goes back where it was on trial. Undefined when there is nothing to say. Whoever calls holds the lock of releases,
 * so nobody drives it any more.
 */
export async function settle(
  machine: Pick<Machine, 'isOnTrial' | 'confirmedAttempt' | 'revert'>,
  journal: Pick<Journal, 'last' | 'note'>,
): Promise<'Confirmed' | 'Interrupted' | undefined> {
  const entries = await journal.last();
  const last = entries.at(-1);
  if (last === undefined || isEnd(last.step)) return undefined;
  if ((await machine.confirmedAttempt()) === last.attempt) {
    await journal.note(
      last.attempt,
      'Confirmed',
      'it runs from now on; whoever saw to it ended before saying so',
    );
    return 'Confirmed';
  }
  if (await machine.isOnTrial()) await machine.revert();
  await journal.note(
    last.attempt,
    'Interrupted',
    `whoever saw to it ended after ${last.step}; what ran before runs`,
  );
  return 'Interrupted';
}

/**
 * What this person remembers of logs they verified: the keys and the last checkpoint. A log that is later rolled back,
 * rewritten, or signed by another key cannot hide it from whoever remembers.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { policyOfKeys } from '#trust/ledger/policy.ts';

export interface Remembered {
  /** One white space between two. */
  readonly vkeys: string;
  /** The signed checkpoint that was verified last; absent before the first. */
  readonly checkpoint: string | undefined;
}

export const memoryFolder = () =>
  join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'casemate/ledgers');

/** Logs are told apart by where they are read: two regions may have the same name. */
const fileOf = (server: string, log: string) =>
  join(memoryFolder(), `${createHash('sha256').update(`${server} ${log}`).digest('hex').slice(0, 32)}.txt`);

export async function recall(server: string, log: string): Promise<Remembered | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(server, log), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const end = text.indexOf('\n');
  const vkeys = text.slice(0, end);
  policyOfKeys(vkeys);
  const checkpoint = text.slice(end + 1);
  return { vkeys, checkpoint: checkpoint === '' ? undefined : checkpoint };
}

export async function remember(
  server: string,
  log: string,
  { vkeys, checkpoint }: Remembered,
): Promise<void> {
  const file = fileOf(server, log);
  await mkdir(memoryFolder(), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, `${vkeys.trim()}\n${checkpoint ?? ''}`, { mode: 0o600 });
  await rename(temporary, file);
}

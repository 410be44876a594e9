/** What a log is verified by: keys or a policy that were given, keys that are remembered, or (the first time) the log's own word. */
import { existsSync, readFileSync } from 'node:fs';
import { type Policy, parsePolicy, policyOfKeys } from '#trust/ledger/policy.ts';
import { readText, type TileSource } from '#trust/ledger/source.ts';
import { CliError, EXIT, usageError } from '../resources/errors.ts';

export interface TrustOptions {
  readonly key?: string;
  readonly policy?: string;
}

/** The keys of each log among them. */
function byLog(vkeys: string): string[] {
  const logs = Map.groupBy(vkeys.split(' '), (vkey) => vkey.split('+', 1)[0] ?? '');
  return [...logs.values()].map((own) => own.join(' '));
}

/** Reads `--key`: the keys themselves, or a file that holds them; one white space between two. */
export function givenKey(option: string): string {
  const text = existsSync(option) ? readFileSync(option, 'utf8') : option;
  const vkeys = text.trim().split(/\s+/).join(' ');
  try {
    for (const own of byLog(vkeys)) policyOfKeys(own);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`--key ${option}: ${existsSync(option) ? '' : 'no such file, and as a key: '}${why}`, {
      exitCode: EXIT.usage,
    });
  }
  return vkeys;
}

/** Reads `--policy`: a file in the form of C2SP tlog-policy. */
export function givenPolicy(file: string): Policy {
  try {
    return parsePolicy(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`--policy ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      exitCode: EXIT.usage,
    });
  }
}

/** Reads whichever of the two was given. */
export function givenTrust({ key, policy }: TrustOptions): Policy | string | undefined {
  if (key !== undefined && policy !== undefined)
    throw usageError('give --key or --policy: a policy names the keys');
  if (policy !== undefined) return givenPolicy(policy);
  return key === undefined ? undefined : givenKey(key);
}

/** The keys that the log says are its own, one white space between two. */
export const servedKey = async (source: TileSource) =>
  (await readText(source, 'key')).trim().split(/\s+/).join(' ');

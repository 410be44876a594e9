/**
 * The system accounts that a region's processes run as. As root each has its own; without root everything runs as whoever
 * started the region.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Accounts {
  /** Runs PostgreSQL, which refuses to run as root. */
  readonly database: Account;
  /** Runs the region process. */
  readonly region: Account;
  /** Runs receivers of bundles, which read what nobody has verified yet. */
  readonly receiver: Account;
  /** Runs the checks of what is to leave: it reads what one organization gives, and nothing else on this machine. */
  readonly inspector: Account;
  /** Runs what serves objects, and alone reads them as they lie. */
  readonly objects: Account;
  /** Runs what works at repositories of tenants' backups, and nothing else. */
  readonly backups: Account;
  /** Runs HSM agents, and alone reads their PINs. Absent where there is no HSM. */
  readonly hsm?: Account;
  /** Runs the region's time server. Absent where there is none. */
  readonly time?: Account;
}

const DATABASE = 'casemate-db';
const REGION = 'casemate';
const RECEIVER = 'casemate-gap';
const INSPECTOR = 'casemate-out';
const OBJECTS = 'casemate-objects';
const BACKUPS = 'casemate-backup';
const HSM = 'casemate-hsm';
const TIME = 'casemate-time';

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Finds the accounts, and as root makes those that are missing. */
export function ensureAccounts({
  hsm = false,
  time = false,
}: {
  readonly hsm?: boolean;
  readonly time?: boolean;
} = {}): Accounts {
  if (!isRoot()) {
    const { username, uid, gid } = userInfo();
    const own = { name: username, uid, gid };
    return {
      database: own,
      region: own,
      receiver: own,
      inspector: own,
      objects: own,
      backups: own,
      ...(hsm ? { hsm: own } : {}),
    };
  }
  return {
    database: ensureAccount(DATABASE),
    region: ensureAccount(REGION),
    receiver: ensureAccount(RECEIVER),
    inspector: ensureAccount(INSPECTOR),
    objects: ensureAccount(OBJECTS),
    backups: ensureAccount(BACKUPS),
    ...(hsm ? { hsm: ensureAccount(HSM) } : {}),
    ...(time ? { time: ensureAccount(TIME) } : {}),
  };
}

function ensureAccount(name: string): Account {
  const found = findAccount(name, readFileSync('/etc/passwd', 'utf8'));
  if (found !== undefined) return found;
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  try {
    execFileSync('useradd', [...options, '--shell', '/usr/sbin/nologin', name], { stdio: 'pipe' });
  } catch (error) {
    // Two regions starting at once: the other one made it.
    if (findAccount(name, readFileSync('/etc/passwd', 'utf8')) === undefined) throw error;
  }
  const made = findAccount(name, readFileSync('/etc/passwd', 'utf8'));
  if (made === undefined) throw new Error(`useradd made no account ${name} in /etc/passwd`);
  return made;
}

/** Looks an account up in the text of a passwd(5) file. */
export function findAccount(name: string, passwd: string): Account | undefined {
  for (const line of passwd.split('\n')) {
    const [found, , uid, gid] = line.split(':');
    if (found === name && uid !== undefined && gid !== undefined) {
      return { name, uid: Number(uid), gid: Number(gid) };
    }
  }
  return undefined;
}

/** Looks a group's id up in the text of a group(5) file. */
export function findGroup(name: string, group: string): number | undefined {
  for (const line of group.split('\n')) {
    const [found, , gid] = line.split(':');
    if (found === name && gid !== undefined) return Number(gid);
  }
  return undefined;
}

/**
 * What `casemate login` leaves on this machine: the tokens of one sign-in, in a file that only its owner reads, under a lock while they
 * are renewed. A refresh token works once: two commands that renewed at the same moment would end the session for both.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CliError } from '../resources/errors.ts';

export interface SignInFile {
  /** The realm: `https://…/orgs/ministry`. */
  readonly server: string;
  /** PEM of whoever certifies it. */
  readonly ca: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Of the access token: milliseconds since the Unix epoch. */
  readonly expires_ms: number;
}

const LOCK_WAIT_MS_MAX = 30_000;
const LOCK_LOOK_MS = 50;

const folder = () => join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'casemate/sign-ins');

/** Names the sign-in to a realm, for `casemate credential --sign-in`. */
export const signInId = (server: string): string =>
  createHash('sha256').update(server).digest('hex').slice(0, 16);

const SIGN_IN_ID = /^[0-9a-f]{16}$/;

function fileOf(id: string): string {
  if (!SIGN_IN_ID.test(id)) throw new CliError(`"${id}" names no sign-in; see casemate login`);
  return join(folder(), `${id}.json`);
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Undefined when nobody is signed in there. */
export async function readSignIn(id: string): Promise<SignInFile | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(id), 'utf8')) as SignInFile;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function writeSignIn(id: string, signIn: SignInFile): Promise<void> {
  const file = fileOf(id);
  await mkdir(folder(), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, JSON.stringify(signIn), { mode: 0o600 });
  await rename(temporary, file);
}

export async function removeSignIn(id: string): Promise<void> {
  await rm(fileOf(id), { force: true });
}

/** Whether the process that wrote a lock still runs. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Makes the file with our process id in it, unless it is there. */
async function claim(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => '0'));
  return pid > 0 && !isAlive(pid);
}

async function takeLock(path: string): Promise<boolean> {
  if (await claim(path)) return true;
  const broom = `${path}.broom`;
  // One at a time clears what a dead process left, and looks again first: it may be somebody's by now.
  if ((await isAbandoned(path)) && (await claim(broom))) {
    try {
      if (await isAbandoned(path)) await rm(path, { force: true });
    } finally {
      await rm(broom, { force: true });
    }
  }
  return false;
}

/** Runs `work` while no other command of this person renews or removes that sign-in. */
export async function withSignInLock<T>(id: string, work: () => Promise<T>): Promise<T> {
  const path = `${fileOf(id)}.lock`;
  await mkdir(folder(), { recursive: true, mode: 0o700 });
  for (let waited_ms = 0; !(await takeLock(path)); waited_ms += LOCK_LOOK_MS) {
    if (waited_ms >= LOCK_WAIT_MS_MAX) {
      throw new CliError(`another casemate command has held ${path} for ${LOCK_WAIT_MS_MAX / 1000} s`, {
        hint: 'if none is running, remove that file',
      });
    }
    await pause(LOCK_LOOK_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

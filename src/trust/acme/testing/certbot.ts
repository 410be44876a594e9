/** Debian's certbot in a folder of its own, as a user runs it, and OpenSSL. Tests only. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Binding } from './fixture.ts';

const RUN_MS_MAX = 120_000;

export interface Ran {
  readonly code: number;
  readonly output: string;
}

export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { timeout: RUN_MS_MAX, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, output: `${stdout}${stderr}` });
      },
    );
  });
}

export interface Certbot {
  /** What it wrote about its last run. */
  log(): Promise<string>;
  readonly folder: string;
  /** Runs `certbot <args>` against the directory. */
  run(...args: readonly string[]): Promise<Ran>;
  register(binding: Binding): Promise<Ran>;
  /** A file of a certificate that it holds: `fullchain.pem`, `cert.pem`, `chain.pem`, `privkey.pem`. */
  read(certificate: string, file: string): Promise<string>;
  path(certificate: string, file: string): string;
  remove(): Promise<void>;
}

export async function certbot(directory: string, ca: string): Promise<Certbot> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-certbot-'));
  const trusted = join(folder, 'ca.pem');
  await writeFile(trusted, ca);
  const common = [
    '--config-dir',
    join(folder, 'config'),
    '--work-dir',
    join(folder, 'work'),
    '--logs-dir',
    join(folder, 'logs'),
  ];
  const path = (certificate: string, file: string) => join(folder, 'config', 'live', certificate, file);
  const runBot: Certbot['run'] = (...args) =>
    run('certbot', [...args, ...common, '--server', directory, '--non-interactive'], {
      REQUESTS_CA_BUNDLE: trusted,
    });
  return {
    folder,
    run: runBot,
    log: () => readFile(join(folder, 'logs', 'letsencrypt.log'), 'utf8'),
    // The lines that `casemate acme-eab` prints: a key is secret, so not an argument; and one in 64 begins with '-', which
    // certbot's command line would take for an option.
    register: async ({ kid, hmacKey }) => {
      const settings = join(folder, 'account.ini');
      await writeFile(settings, `eab-kid = ${kid}\neab-hmac-key = ${hmacKey}\n`, { mode: 0o600 });
      return runBot('register', '--config', settings, '-m', 'ops@acme.example', '--agree-tos');
    },
    path,
    read: (certificate, file) => readFile(path(certificate, file), 'utf8'),
    remove: () => rm(folder, { recursive: true }),
  };
}

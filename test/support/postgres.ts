/**
 * A PostgreSQL of somebody else's: reached over TCP with TLS and a password, as in a data centre, where the region is no superuser. For
 * tests only.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '#kernel/wire/test-port.ts';
import { findPostgres } from '#region/embedded/postgres.ts';
import { output, runCommand } from './command.ts';

const READY = 'database system is ready to accept connections';

export interface ForeignPostgres {
  /** For region.yaml; it has the password in it. */
  readonly url: string;
  readonly password: string;
  /** The PEM file that signed the server's certificate. */
  readonly certificateAuthority: string;
  /** What psql answers, as the server's superuser, unaligned and without headers. */
  query(sql: string): Promise<string>;
  readonly isRunning: () => boolean;
  stop(): Promise<void>;
}

export async function startForeignPostgres(): Promise<ForeignPostgres> {
  const programs = findPostgres();
  if (programs === undefined) throw new Error('PostgreSQL is not installed');
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
  const owner = { uid: id('-u'), gid: id('-g') };
  const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
  chmodSync(folder, 0o711);
  const data = join(folder, 'data');
  const own = join(folder, 'own');
  for (const path of [data, own]) {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, owner.uid, owner.gid);
  }
  const password = `pa:ss@word/${process.pid}`;
  const secret = join(own, 'password');
  writeFileSync(secret, password);
  const certificateAuthority = join(folder, 'ca.pem');
  const port = await freePort();
  makeCertificate(own, certificateAuthority);
  for (const name of ['password', 'key.pem', 'cert.pem']) chownSync(join(own, name), owner.uid, owner.gid);
  execFileSync(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'owner',
      `--pwfile=${secret}`,
      '--auth-host=scram-sha-256',
      '--auth-local=trust',
      '--no-sync',
    ],
    { ...owner, cwd: own, stdio: 'pipe' },
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
  );
  const settings = {
    listen_addresses: '127.0.0.1',
    port: `${port}`,
    ssl: 'on',
    ssl_key_file: join(own, 'key.pem'),
    ssl_cert_file: join(own, 'cert.pem'),
    fsync: 'off',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(programs, 'postgres'), ['-D', data, '-k', own, ...options], {
    ...owner,
    cwd: own,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const query = (sql: string) =>
    output(
      runCommand('psql', ['-h', own, '-p', `${port}`, '-U', 'owner', '-d', 'region', '-Atqc', sql]),
      'psql',
    );
  for await (const line of createInterface({ input: server.stderr })) if (line.includes(READY)) break;
  server.stderr.resume();
  const quoted = password.replaceAll("'", "''");
  for (const sql of [
    `CREATE ROLE tenant LOGIN PASSWORD '${quoted}'`,
    'CREATE DATABASE region OWNER tenant',
  ]) {
    await output(
      runCommand('psql', ['-h', own, '-p', `${port}`, '-U', 'owner', '-d', 'postgres', '-qc', sql]),
      'psql',
    );
  }
  return {
    url: `postgresql://tenant:${encodeURIComponent(password)}@127.0.0.1:${port}/region`,
    password,
    certificateAuthority,
    query,
    isRunning: () => server.exitCode === null,
    async stop() {
      const ended = once(server, 'exit');
      if (server.exitCode === null && server.kill('SIGQUIT')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate of 127.0.0.1 that is its own authority. */
function makeCertificate(folder: string, authority: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=database', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')],
    ],
    { stdio: 'pipe' },
  );
  writeFileSync(authority, readFileSync(join(folder, 'cert.pem')), { mode: 0o644 });
}

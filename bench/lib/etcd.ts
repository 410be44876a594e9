/**
 * etcd as a peer: one member on the same disk, with its defaults (fsync of every commit). Puts go through its JSON gateway with the
 * same load generator, and through `etcdctl check perf` in its own protocol.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '#kernel/wire/test-port.ts';
import { call, until } from './api.ts';
import type { Target } from './target.ts';

const run = promisify(execFile);
const PROGRAM = '/usr/bin/etcd';

export interface Etcd {
  readonly target: Target;
  readonly version: string;
  /** Successful puts a second in `etcdctl check perf`, and what it said. It takes a minute. */
  checkPerf(load: string): Promise<{ readonly puts_per_s: number; readonly text: string }>;
  stop(): Promise<void>;
}

/** Throws when it is not installed. */
export async function startEtcd(): Promise<Etcd> {
  if (!existsSync(PROGRAM)) throw new Error('etcd is not installed: apt-get install etcd-server etcd-client');
  const folder = mkdtempSync(join(tmpdir(), 'bench-etcd-'));
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const child = spawn(
    PROGRAM,
    [
      ...['--data-dir', folder, '--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`, '--logger', 'zap', '--log-outputs', '/dev/null'],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const target: Target = { host: '127.0.0.1', port: client, prefix: '' };
  const { etcdserver } = await until(
    'etcd answers',
    () =>
      call<{ etcdserver?: string }>(target, 'GET', '/version').catch(() => ({}) as { etcdserver?: string }),
    (version) => version.etcdserver !== undefined,
  );
  return {
    target,
    version: etcdserver ?? '',
    async checkPerf(load) {
      const env = { ...process.env, ETCDCTL_API: '3' };
      // It ends with 1 when a rate of its own choosing was not reached, which is no fault here.
      const { stdout } = await run('etcdctl', ['--endpoints', url, 'check', 'perf', `--load=${load}`], {
        env,
      }).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
      const text = stdout.replaceAll(/[^\n]*\r/g, '');
      return { puts_per_s: Number(/(\d+) writes\/s/.exec(text)?.[1] ?? Number.NaN), text };
    },
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

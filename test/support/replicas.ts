/**
 * One region of several processes, for tests: the real region process, more than once, over one private PostgreSQL, without Incus. Each has
 * a folder, an address and a connection of its own; the master key is the same.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from '#engines/postgres/test-cluster.ts';
import { freePort } from '#kernel/wire/test-port.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { kubeconfig as formatKubeconfig } from '#trust/certificates/kubeconfig.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { type ApiClient, apiClient, kubeconfigCredentials, untilOk } from './api-client.ts';

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const LOG_KEPT = 16_384;

export interface Replica {
  readonly name: string;
  readonly url: string;
  readonly data: string;
  /** What it logged last. */
  log(): string;
  /** As by `kill -9`. */
  kill(): Promise<void>;
  /** As by SIGTERM; it finishes what it serves. */
  stop(): Promise<void>;
}

/** The administrator of an organization, through any process. */
export interface Administrator {
  client(replica: Replica): ApiClient;
  /** The text of a kubeconfig. Secret. */
  kubeconfig(replica: Replica): string;
}

export interface Replicas {
  readonly postgres: TestPostgres;
  /** A folder for the test's own files. */
  readonly scratch: string;
  readonly all: readonly Replica[];
  start(): Promise<Replica>;
  /** A client of the first operator. */
  operator(replica: Replica): ApiClient;
  operatorKubeconfig(): string;
  /** Makes an organization through a process (the first), and gives its administrator. */
  organization(name: string, through?: Replica): Promise<Administrator>;
  close(): Promise<void>;
}

export async function startReplicas(count: number): Promise<Replicas> {
  const scratch = mkdtempSync(join(tmpdir(), 'replicas-'));
  const postgres = await startTestPostgres();
  const all: Started[] = [];
  let started = 0;
  const close = async () => {
    await Promise.all(all.map((replica) => replica.kill()));
    await postgres.stop();
    rmSync(scratch, { recursive: true, force: true });
  };
  const start = async () => {
    const replica = await startReplica(scratch, `r${++started}`, postgres, all[0]);
    all.push(replica);
    await replica.ready;
    return replica;
  };
  try {
    await start();
    await Promise.all(Array.from({ length: count - 1 }, start));
  } catch (error) {
    await close();
    throw error;
  }
  const first = all[0];
  if (!first) throw new TypeError('a region has at least one process');
  const kubeconfig = () => readFileSync(join(first.data, 'keys', 'operator.kubeconfig'), 'utf8');
  const operator = (replica: Replica) => apiClient(replica.url, kubeconfigCredentials(kubeconfig()));
  return {
    postgres,
    scratch,
    all,
    start,
    operator,
    operatorKubeconfig: kubeconfig,
    async organization(name, through = first) {
      const { ca } = kubeconfigCredentials(kubeconfig());
      const key = newPersonalKey();
      const request = await signingRequest(key);
      const client = operator(through);
      const path = '/apis/tenancy.casemate.internal/v1/organizations';
      const made = await client.send('POST', path, {
        metadata: { name },
        spec: { firstAdministrator: { user: 'alice', request } },
      });
      if (made.code !== 201) throw new Error(`organization ${name}: ${made.code} ${made.text}`);
      const ready = await untilOk(client, `${path}/${name}`, ({ status }) => {
        const { firstAdministrator, conditions } = status as OrganizationStatus;
        const isReady = conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
        return isReady ? firstAdministrator?.certificate : undefined;
      });
      client.close();
      const serverOf = (replica: Replica) => `${replica.url}/orgs/${name}`;
      return {
        client: (replica) => apiClient(serverOf(replica), { ca, cert: ready, key }),
        kubeconfig: (replica) =>
          formatKubeconfig({ name, server: serverOf(replica), ca, certificate: ready, key }),
      };
    },
    close,
  };
}

interface OrganizationStatus {
  readonly firstAdministrator?: { readonly certificate?: string };
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

interface Started extends Replica {
  readonly ready: Promise<void>;
}

async function startReplica(
  scratch: string,
  name: string,
  { connection }: TestPostgres,
  first: Replica | undefined,
): Promise<Started> {
  const data = join(scratch, name);
  const keys = join(data, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  if (first) {
    copyFileSync(join(first.data, 'keys', 'master.key'), join(keys, 'master.key'));
    chmodSync(join(keys, 'master.key'), 0o600);
  }
  const listen = `127.0.0.1:${await freePort()}`;
  const { host, port, database, user } = connection;
  writeFileSync(
    join(data, 'region.yaml'),
    `name: replicas
id: r00000001
listen: ${listen}
postgres:
  mode: external
  url: postgresql://${user}@${encodeURIComponent(host)}:${port}/${database}
incus:
  mode: none
`,
  );
  const child = spawn(
    process.execPath,
    [join(PROGRAM_FOLDER, 'src/region/process.ts'), '--data', data, '--image-cache', join(data, 'images')],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  // A test that crashes must not leave it behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(() => {
    process.off('exit', kill);
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-LOG_KEPT);
    });
  }
  return {
    name,
    url: `https://${listen}`,
    data,
    log: () => log,
    ready: ready(child, () => log),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      const timeout = setTimeout(kill, STOP_LIMIT_MS);
      await ended;
      clearTimeout(timeout);
    },
  };
}

function ready(child: ChildProcess, log: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`a region process ${why}:\n${log()}`));
    const timeout = setTimeout(() => fail('was not ready in time'), READY_LIMIT_MS);
    child.once('exit', (code, signal) => {
      clearTimeout(timeout);
      fail(`ended with ${code ?? signal} before it was ready`);
    });
    child.once('message', () => {
      clearTimeout(timeout);
      resolve();
    });
  });
}

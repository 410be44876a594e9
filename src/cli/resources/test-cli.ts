/**
 * For tests: the `casemate` command as a process of its own, against the real API server on realms in memory. Tests only.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { REGION } from '#kernel/realm-id.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '#kernel/wire/test-server.ts';

/** The program's entry. */
export const MAIN = new URL('../main.ts', import.meta.url).pathname;
// Far beyond what any command here takes: a test that hangs says so.
const COMMAND_LIMIT_MS = 60_000;

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly result: Promise<RunResult>;
  /** Resolves when standard output holds the text. */
  shows(text: string): Promise<void>;
  stop(): void;
}

export interface TestCli {
  readonly server: TestServer;
  /** A folder of the test's own, in which commands run. */
  readonly folder: string;
  /** Files for `--kubeconfig`. */
  readonly kubeconfigs: { readonly organization: string; readonly region: string };
  /** Runs a command in the organization `acme`. */
  run(args: readonly string[], input?: string): Promise<RunResult>;
  start(args: readonly string[], input?: string): Running;
  write(name: string, text: string): Promise<string>;
}

/** Starts a server and prepares kubeconfigs of `alice`; all is gone when the test ends. `env` is added to that of commands. */
export async function startTestCli(
  t: TestContext,
  { env, ...options }: TestServerOptions & { readonly env?: Readonly<Record<string, string>> },
): Promise<TestCli> {
  const server = await startTestServer(options);
  const folder = await mkdtemp(join(tmpdir(), 'casemate-cli-'));
  t.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const kubeconfigs = {
    organization: join(folder, 'acme.kubeconfig'),
    region: join(folder, 'region.kubeconfig'),
  };
  await writeFile(kubeconfigs.organization, server.kubeconfig('/orgs/acme'));
  await writeFile(kubeconfigs.region, server.kubeconfig(REGION));
  const environment = {
    ...bareEnvironment(folder),
    XDG_STATE_HOME: join(folder, 'state'),
    CASEMATE_KUBECONFIG: kubeconfigs.organization,
    ...env,
  };
  const start = (args: readonly string[], input?: string) => startProcess(args, folder, environment, input);
  return {
    server,
    folder,
    kubeconfigs,
    run: (args, input) => start(args, input).result,
    start,
    async write(name, text) {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
  };
}

function startProcess(
  args: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
  input?: string,
): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: environment,
    timeout: COMMAND_LIMIT_MS,
  });
  let stdout = '';
  let stderr = '';
  const waiting: { readonly text: string; readonly resolve: () => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    for (const one of waiting) if (stdout.includes(one.text)) one.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const { promise: result, resolve, reject } = Promise.withResolvers<RunResult>();
  child.once('error', reject);
  child.once('close', (code) => resolve({ code, stdout, stderr }));
  child.stdin.end(input ?? '');
  return {
    result,
    async shows(text) {
      if (stdout.includes(text)) return;
      const seen = new Promise<void>((done) => waiting.push({ text, resolve: done }));
      const ended = result.then(({ code }) => {
        throw new Error(
          `the command ended (${code}) without showing ${JSON.stringify(text)}:\n${stdout}${stderr}`,
        );
      });
      await Promise.race([seen, ended]);
    },
    stop: () => child.kill('SIGINT'),
  };
}

/** Nothing of this process's environment but PATH, and where compiled code is kept, with which a command starts in half the time. */
export const bareEnvironment = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: home,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
});

/** Runs a command in a folder, with a bare environment. */
export const runCli = (
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunResult> => startProcess(args, folder, { ...bareEnvironment(folder), ...environment }).result;

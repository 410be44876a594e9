/**
 * Exec credential plugins (client.authentication.k8s.io/v1) from both sides: what a kubeconfig says to run for a token, run for our own
 * commands; and how `casemate credential` is put there, so that kubectl runs it.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { CliError, EXIT } from '../resources/errors.ts';

export const EXEC_API_VERSION = 'client.authentication.k8s.io/v1';

const Texts = Type.Array(Type.String());
/** `users[].user.exec` of a kubeconfig. */
export const EXEC = Type.Object({
  apiVersion: Type.Optional(Type.String()),
  command: Type.String(),
  args: Type.Optional(Type.Union([Type.Null(), Texts])),
  env: Type.Optional(
    Type.Union([Type.Null(), Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))]),
  ),
});
export type Exec = Static<typeof EXEC>;

const CREDENTIAL = Compile(
  Type.Object({
    status: Type.Object({
      token: Type.Optional(Type.String()),
      clientCertificateData: Type.Optional(Type.String()),
      clientKeyData: Type.Optional(Type.String()),
    }),
  }),
);

const PLUGIN_TIMEOUT_MS = 60_000;
const PLUGIN_OUTPUT_BYTES_MAX = 1024 * 1024;

export interface ExecResult {
  readonly token: string | undefined;
  /** PEM. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** Runs what a kubeconfig says. What it says to the person goes to the terminal. */
export function runExec({ apiVersion = EXEC_API_VERSION, command, args, env }: Exec): ExecResult {
  const info = { kind: 'ExecCredential', apiVersion, spec: { interactive: process.stdin.isTTY === true } };
  const { status, error, stdout } = spawnSync(command, args ?? [], {
    env: {
      ...process.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: PLUGIN_TIMEOUT_MS,
    maxBuffer: PLUGIN_OUTPUT_BYTES_MAX,
  });
  if (error) throw new CliError(`the kubeconfig’s credential command did not run: ${error.message}`);
  if (status !== 0) {
    throw new CliError(`the kubeconfig’s credential command gave no credential (it ended with ${status})`, {
      exitCode: EXIT.refused,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    value = undefined;
  }
  if (!CREDENTIAL.Check(value)) throw new CliError(`${command} printed no ExecCredential`);
  const { token, clientCertificateData: certificate, clientKeyData: key } = value.status;
  return { token, certificate, key };
}

/** How anybody runs this very program again, from wherever they are. */
function thisProgram(): { readonly command: string; readonly args: readonly string[] } {
  const launcher = process.env.CASEMATE_COMMAND;
  if (launcher?.startsWith('/')) return { command: launcher, args: [] };
  return { command: process.execPath, args: [fileURLToPath(new URL('../main.ts', import.meta.url))] };
}

/** What a kubeconfig says so that `casemate credential` gives its token. */
export function ownExec(signIn: string): Exec & { readonly interactiveMode: 'Never' } {
  const { command, args } = thisProgram();
  return {
    apiVersion: EXEC_API_VERSION,
    command,
    args: [...args, 'credential', '--sign-in', signIn],
    interactiveMode: 'Never',
  };
}

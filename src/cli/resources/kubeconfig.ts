/**
 * Reads kubeconfigs: which server, with which certificate, in which project. Private keys stay in memory and are
 * never printed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { parse } from 'yaml';
import { DEFAULT_DATA, layoutOf } from '#region/layout.ts';
import { EXEC, type ExecResult, runExec } from '../identity/exec-plugin.ts';
import { ownCommand } from '../own-command.ts';
import { CliError, EXIT } from './errors.ts';
import { didYouMean } from './suggest.ts';

const Text = Type.Optional(Type.String());
const CLUSTER = Type.Object({
  server: Text,
  'certificate-authority': Text,
  'certificate-authority-data': Text,
  'tls-server-name': Text,
  'insecure-skip-tls-verify': Type.Optional(Type.Boolean()),
});
const USER = Type.Object({
  'client-certificate': Text,
  'client-certificate-data': Text,
  'client-key': Text,
  'client-key-data': Text,
  token: Text,
  exec: Type.Optional(Type.Union([Type.Null(), EXEC])),
});
const CONTEXT = Type.Object({ cluster: Text, user: Text, namespace: Text });

const listOf = <T extends TSchema>(item: T) => Type.Optional(Type.Union([Type.Null(), Type.Array(item)]));
const Name = Type.String();
const FILE = Type.Object({
  'current-context': Text,
  clusters: listOf(Type.Object({ name: Name, cluster: CLUSTER })),
  users: listOf(Type.Object({ name: Name, user: USER })),
  contexts: listOf(Type.Object({ name: Name, context: CONTEXT })),
});
const FILE_VALIDATOR = Compile(FILE);

type Cluster = Static<typeof CLUSTER>;
type User = Static<typeof USER>;
type Context = Static<typeof CONTEXT>;

/** One or several files as one: the first that defines a name wins, as with kubectl. */
export interface Kubeconfig {
  /** The files it was read from. */
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly users: ReadonlyMap<string, User>;
  readonly contexts: ReadonlyMap<string, Context>;
}

/** What a client needs to reach a realm. */
export interface Connection {
  readonly context: string;
  /** Without a trailing slash: `https://10.0.0.1:6443/orgs/ministry`. */
  readonly server: string;
  readonly project: string | undefined;
  /** PEM. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly token: string | undefined;
  readonly serverName: string | undefined;
}

export interface KubeconfigOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** The files that apply: `--kubeconfig`, else CASEMATE_KUBECONFIG, else KUBECONFIG, else ~/.kube/config, else the region's own. */
export function kubeconfigFiles(
  option: string | undefined,
  environment: NodeJS.ProcessEnv,
  fallbacks: readonly string[],
): string[] {
  const chosen = option ?? environment.CASEMATE_KUBECONFIG ?? environment.KUBECONFIG;
  if (chosen !== undefined && chosen !== '') return chosen.split(delimiter).filter((path) => path !== '');
  const found = fallbacks.find((path) => existsSync(path));
  return found === undefined ? [] : [found];
}

const defaultFallbacks = () => [
  join(homedir(), '.kube/config'),
  layoutOf(process.env.CASEMATE_DATA ?? DEFAULT_DATA).operatorKubeconfig,
];

const parseFile = (text: string, path: string): Static<typeof FILE> => {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new CliError(`${path} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!FILE_VALIDATOR.Check(value)) {
    const [, [first]] = FILE_VALIDATOR.Errors(value);
    throw new CliError(`${path} is not a kubeconfig: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  }
  return value;
};

/** File names in a kubeconfig are relative to it. */
function absolute<T extends Cluster | User>(entry: T, folder: string): T {
  const copy = { ...entry } as Record<string, unknown>;
  for (const field of ['certificate-authority', 'client-certificate', 'client-key']) {
    if (typeof copy[field] === 'string') copy[field] = resolve(folder, copy[field]);
  }
  return copy as T;
}

function addNew<T>(into: Map<string, T>, entries: readonly (readonly [string, T])[]): void {
  for (const [name, value] of entries) if (!into.has(name)) into.set(name, value);
}

export function parseKubeconfigs(
  files: readonly { readonly path: string; readonly text: string }[],
): Kubeconfig {
  const clusters = new Map<string, Cluster>();
  const users = new Map<string, User>();
  const contexts = new Map<string, Context>();
  let currentContext: string | undefined;
  for (const { path, text } of files) {
    const file = parseFile(text, path);
    const folder = dirname(path);
    currentContext ??= file['current-context'] || undefined;
    addNew(
      clusters,
      file.clusters?.map(({ name, cluster }) => [name, absolute(cluster, folder)] as const) ?? [],
    );
    addNew(users, file.users?.map(({ name, user }) => [name, absolute(user, folder)] as const) ?? []);
    addNew(contexts, file.contexts?.map(({ name, context }) => [name, context] as const) ?? []);
  }
  return { files: files.map(({ path }) => path), currentContext, clusters, users, contexts };
}

const howToGetOne = (): string =>
  `give --kubeconfig FILE or set KUBECONFIG. \`${ownCommand()} up\` prints where the operator’s is; \`${ownCommand()} org create\` writes an organization’s.`;

/** Reads the kubeconfigs that apply. */
export function loadKubeconfig(options: KubeconfigOptions): Kubeconfig {
  const files = kubeconfigFiles(options.kubeconfig, process.env, defaultFallbacks());
  const read = files.flatMap((path) => {
    try {
      return [{ path, text: readFileSync(path, 'utf8') }];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Of several, some may be absent, as with kubectl.
      if (code === 'ENOENT' && files.length > 1) return [];
      throw new CliError(
        `cannot read the kubeconfig ${path}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  });
  if (read.length === 0) throw new CliError('there is no kubeconfig', { hint: howToGetOne() });
  return parseKubeconfigs(read);
}

/** Decodes `…-data`, or reads the file that stands for it. */
function content(data: string | undefined, path: string | undefined): string | undefined {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

const NO_CREDENTIAL: ExecResult = { token: undefined, certificate: undefined, key: undefined };

/**
 * Resolves a context (the current one by default) to what a client needs. Runs the credential command that it names, unless nobody wants
 * a credential.
 */
export function connectionOf(
  config: Kubeconfig,
  contextName?: string,
  { withoutCredentials = false }: { readonly withoutCredentials?: boolean } = {},
): Connection {
  const name = contextName ?? config.currentContext;
  const where = config.files.join(', ');
  if (name === undefined) {
    throw new CliError(`${where} has no current context`, {
      hint: `give --context; there are: ${[...config.contexts.keys()].join(', ')}`,
    });
  }
  const context = config.contexts.get(name);
  if (context === undefined) {
    const near = didYouMean(name, config.contexts.keys());
    throw new CliError(`there is no context "${name}" in ${where}`, {
      exitCode: EXIT.usage,
      hint: near ?? `there are: ${[...config.contexts.keys()].join(', ')}`,
    });
  }
  const cluster = config.clusters.get(context.cluster ?? '');
  if (cluster?.server === undefined)
    throw new CliError(`context "${name}" in ${where} names no cluster with a server`);
  if (cluster['insecure-skip-tls-verify']) {
    throw new CliError('insecure-skip-tls-verify is not supported: who answers would be anybody', {
      hint: 'put the region’s CA into certificate-authority-data',
    });
  }
  const server = cluster.server.replace(/\/+$/, '');
  if (!/^https:\/\//.test(server))
    throw new CliError(`the server of context "${name}" is ${server}; only https:// is spoken`);
  const user = config.users.get(context.user ?? '') ?? {};
  const given = user.exec && !withoutCredentials ? runExec(user.exec) : NO_CREDENTIAL;
  return {
    context: name,
    server,
    project: context.namespace || undefined,
    ca: content(cluster['certificate-authority-data'], cluster['certificate-authority']),
    certificate: content(user['client-certificate-data'], user['client-certificate']) ?? given.certificate,
    key: content(user['client-key-data'], user['client-key']) ?? given.key,
    token: user.token ?? given.token,
    serverName: cluster['tls-server-name'],
  };
}

/** `casemate ssh`: runs the system's ssh against an instance, through a Forward if there is one. Handles no key itself. */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { ownCommand } from '../own-command.ts';
import type { ResourceType } from './discovery.ts';
import { CliError } from './errors.ts';
import { type AnyObject, conditionOf, textAt, valueAt } from './objects.ts';
import type { SessionOptions } from './options.ts';
import { getObject, listObjects } from './read.ts';
import { inSession, type Session } from './session.ts';

const SSH_PORT = 22;
const CONNECT_LIMIT_MS = 3_000;

export interface SshOptions extends SessionOptions {
  readonly user?: string;
  readonly identity?: string;
  /** As ssh takes them: `StrictHostKeyChecking=accept-new`. */
  readonly option?: readonly string[];
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** How it was found, for messages. */
  readonly via: string;
}

/** Where ssh could reach an instance: Forwards to its port 22 first, since they are made to be reached, then its own addresses. */
export function sshEndpoints(instance: AnyObject, forwards: readonly AnyObject[]): Endpoint[] {
  const { name } = instance.metadata;
  const throughForwards = forwards.flatMap((forward): Endpoint[] => {
    const host = textAt(forward, 'status', 'address');
    const port = valueAt(forward, 'status', 'port');
    const leadsHere =
      textAt(forward, 'spec', 'target', 'instance') === name &&
      valueAt(forward, 'spec', 'target', 'port') === SSH_PORT &&
      textAt(forward, 'spec', 'protocol') === 'tcp';
    return leadsHere && host !== undefined && typeof port === 'number'
      ? [{ host, port, via: `the forward "${forward.metadata.name}"` }]
      : [];
  });
  const addresses = valueAt(instance, 'status', 'addresses');
  const own = (Array.isArray(addresses) ? addresses : []).flatMap((entry): Endpoint[] => {
    const host = typeof entry === 'string' ? entry : textAt(entry, 'address');
    return host === undefined
      ? []
      : [{ host: host.replace(/\/\d+$/, ''), port: SSH_PORT, via: 'its own address' }];
  });
  return [...throughForwards, ...own];
}

/** Whether something accepts connections there. */
function answers({ host, port }: Endpoint): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: CONNECT_LIMIT_MS });
  const settle = (reachable: boolean) => {
    socket.destroy();
    resolve(reachable);
  };
  socket.once('connect', () => settle(true));
  socket.once('timeout', () => settle(false));
  socket.once('error', () => settle(false));
  return promise;
}

function unreachable(instance: AnyObject, project: string, tried: readonly Endpoint[]): CliError {
  const { name } = instance.metadata;
  const ready = conditionOf(instance, 'Ready');
  if (ready && ready.status !== 'True')
    return new CliError(`instance "${name}" is not ready: ${ready.message ?? ready.reason ?? ''}`);
  const what =
    tried.length === 0
      ? 'it has no address'
      : `tried ${tried.map(({ host, port, via }) => `${host}:${port} (${via})`).join(', ')}`;
  return new CliError(`instance "${name}" cannot be reached by ssh from here: ${what}`, {
    hint: [
      'private networks are closed to the outside unless something opens them:',
      `a Forward to port ${SSH_PORT} of instance ${name} in project ${project}, and a FirewallPolicy that lets it in;`,
      `meanwhile \`${ownCommand()} exec -it ${name} -n ${project}\` opens a shell without ssh`,
    ].join('\n  '),
  });
}

const findType = (types: readonly ResourceType[], kind: string) =>
  types.find((type) => type.kind === kind && type.group !== '');

async function forwardsOf(
  session: Session,
  types: readonly ResourceType[],
  project: string,
): Promise<readonly AnyObject[]> {
  const type = findType(types, 'Forward');
  if (type === undefined) return [];
  return (await listObjects(session.client, type, project)).items;
}

export const ssh = inSession(
  async (session: Session, options: SshOptions, target: string, args: string[]) => {
    const types = await session.types();
    const type = findType(types, 'Instance');
    if (type === undefined)
      throw new CliError('there are no instances here; ssh takes an organization’s kubeconfig');
    const [userPart, namePart] = target.includes('@') ? target.split('@', 2) : [options.user, target];
    const name = (namePart ?? '').replace(/^instances?\//, '');
    const { project } = session;
    const instance = await getObject(session.client, type, project, name);
    const endpoints = sshEndpoints(instance, await forwardsOf(session, types, project));
    let endpoint: Endpoint | undefined;
    for (const candidate of endpoints) {
      if (!(await answers(candidate))) continue;
      endpoint = candidate;
      break;
    }
    if (endpoint === undefined) throw unreachable(instance, project, endpoints);
    const uid = instance.metadata.uid ?? name;
    const child = spawn(
      'ssh',
      [
        // Addresses are used again for other instances, so what a host key is remembered under is the instance itself.
        '-o',
        `HostKeyAlias=casemate-${uid}`,
        '-p',
        String(endpoint.port),
        ...(userPart === undefined ? [] : ['-l', userPart]),
        ...(options.identity === undefined ? [] : ['-i', options.identity]),
        ...(options.option ?? []).flatMap((option) => ['-o', option]),
        endpoint.host,
        ...args,
      ],
      { stdio: 'inherit' },
    );
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.once('error', (error) =>
      reject(new CliError(`cannot run ssh: ${error.message}`, { hint: 'install openssh-client' })),
    );
    child.once('exit', (code) => resolve(code ?? 1));
    process.exitCode = await promise;
  },
);

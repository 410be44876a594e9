/** `casemate login`: signs this machine in to a realm, by a code that a person enters in a browser, wherever that is. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { CliError, EXIT, reporting, usageError } from '../resources/errors.ts';
import { connectionOf, loadKubeconfig } from '../resources/kubeconfig.ts';
import type { SessionOptions } from '../resources/options.ts';
import { ownExec } from './exec-plugin.ts';
import { readIfThere, withEntry } from './kubeconfig-entry.ts';
import { awaitDevice, beginDevice, discover } from './openid.ts';
import { signInId, withSignInLock, writeSignIn } from './sign-in-file.ts';

export interface LoginOptions extends SessionOptions {
  readonly server?: string;
  readonly org?: string;
  readonly ca?: string;
}

const ORGANIZATION = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The file that `kubectl` would write to. */
function kubeconfigFile(option: string | undefined): string {
  const chosen = option ?? process.env.CASEMATE_KUBECONFIG ?? process.env.KUBECONFIG;
  const first = chosen?.split(delimiter).find((path) => path !== '');
  return resolve(first ?? join(homedir(), '.kube/config'));
}

/** The connection that a kubeconfig has already, if there is any. */
function known(
  options: SessionOptions,
): { readonly server: string; readonly ca: string | undefined } | undefined {
  try {
    const { server, ca } = connectionOf(loadKubeconfig(options), options.context, {
      withoutCredentials: true,
    });
    return { server, ca };
  } catch (error) {
    if (options.context !== undefined || !(error instanceof CliError)) throw error;
    return undefined;
  }
}

const baseOf = (server: string) => server.replace(/\/+$/, '').replace(/\/orgs\/[^/]+$/, '');

/** Which realm, and who certifies it. Pure but for the CA's file. */
async function target(options: LoginOptions): Promise<{ readonly server: string; readonly ca: string }> {
  const before = known(options);
  const asked = options.server?.replace(/\/+$/, '');
  if (asked !== undefined && !/^https:\/\/[^/\s]+(?:\/orgs\/[^/\s]+)?$/.test(asked)) {
    throw usageError(`${asked} is no address of a region`, 'such as https://region.example:6443');
  }
  const base = asked ?? before?.server;
  if (base === undefined) {
    throw usageError(
      'which region?',
      'give --server https://HOST:PORT and --ca FILE with the region’s certificate authority',
    );
  }
  if (options.org !== undefined && !ORGANIZATION.test(options.org)) {
    throw usageError(`"${options.org}" is no name of an organization`);
  }
  const server = options.org === undefined ? base : `${baseOf(base)}/orgs/${options.org}`;
  if (options.ca !== undefined) return { server, ca: await readFile(options.ca, 'utf8') };
  // Whoever certified the region before does so for its other realms.
  if (before?.ca !== undefined && baseOf(before.server) === baseOf(server)) return { server, ca: before.ca };
  throw new CliError(`nothing says who certifies ${baseOf(server)}`, {
    exitCode: EXIT.usage,
    hint: 'give --ca FILE with the region’s certificate authority; its operator has it',
  });
}

/** `casemate@region.example:6443/ministry`. */
function nameOf(server: string): string {
  const { host, pathname } = new URL(server);
  const organization = pathname.replace(/^\/orgs\//, '').replace(/^\//, '');
  return `casemate@${host}${organization === '' ? '' : `/${organization}`}`;
}

export const login = reporting(async (options: LoginOptions) => {
  const { server, ca } = await target(options);
  const metadata = await discover(server, ca);
  const device = await beginDevice(metadata, ca);
  process.stderr.write(
    `Open this page in a browser, on any machine:\n\n  ${device.verification_uri_complete ?? device.verification_uri}\n\n` +
      `and sign in, if it shows the code  ${device.user_code}\n\nWaiting …\n`,
  );
  const tokens = await awaitDevice(metadata, ca, device);
  const id = signInId(server);
  await withSignInLock(id, () =>
    writeSignIn(id, {
      server,
      ca,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      expires_ms: Date.now() + tokens.expires_in * 1000,
    }),
  );
  const file = kubeconfigFile(options.kubeconfig);
  const name = nameOf(server);
  const text = withEntry(await readIfThere(file), { name, server, ca, exec: ownExec(id) });
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
  await rename(temporary, file);
  process.stdout.write(`signed in to ${server}; ${file} has the context ${name}, which is the current one\n`);
});

/** An organization of a region with access keys, and the clients that people have: Amazon's SDK for JavaScript and Debian's tools, with what they do by default. For tests only. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { kubeconfigCredentials } from './api-client.ts';
import { type CommandOptions, type CommandResult, output } from './command.ts';
import { createOrganization, type Member, type Place } from './project.ts';

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface ObjectsTenant {
  readonly admin: Member;
  readonly organization: string;
  /** `https://localhost:<port>`. */
  readonly endpoint: string;
  /** PEM of who signed the endpoint's certificate; and a file that holds it. */
  readonly ca: string;
  readonly caFile: string;
  readonly keys: KeyPair;
  /** Another access key of the administrator. */
  key(name: string, ...args: readonly string[]): Promise<KeyPair>;
  sdk(keys?: KeyPair, more?: S3ClientConfig): S3Client;
  /** Output of one of Debian's tools, which finds endpoint and key as its manual says; throws with what it said when it fails. */
  tool(command: string, args: readonly string[], options?: CommandOptions): Promise<string>;
  tryTool(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

/** How rclone is told of the region: it has no other way to name a remote in its environment. */
const RCLONE = 'RCLONE_CONFIG_REGION';

/** Makes the organization, a bucket `first` by `casemate`, and a key of its administrator. */
export async function objectsTenant(region: Place, organization: string): Promise<ObjectsTenant> {
  const admin = await createOrganization(region, organization, 'ann');
  const { ca } = kubeconfigCredentials(readFileSync(admin.kubeconfig, 'utf8'));
  const folder = mkdtempSync(join(region.scratch, `${organization}-`));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, ca);
  const said = await admin.casemate('bucket', 'create', `${organization}-first`);
  const endpoint = /https:\/\/\S+/.exec(said)?.[0] ?? '';
  const key = async (name: string, ...args: readonly string[]) =>
    JSON.parse(await admin.casemate('access-key', 'create', name, ...args, '-o', 'json')) as KeyPair;
  const keys = await key('own');
  const s3cmd = join(folder, 's3cfg');
  const host = endpoint.replace('https://', '');
  writeFileSync(
    s3cmd,
    `[default]
access_key = ${keys.accessKeyId}
secret_key = ${keys.secretAccessKey}
host_base = ${host}
host_bucket = ${host}
ca_certs_file = ${caFile}
`,
    { mode: 0o600 },
  );
  const env = {
    // A Python of the developer's own may stand before Debian's.
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: folder,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    // Where it is set, rclone refuses to start.
    AWS_CA_BUNDLE: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    [`${RCLONE}_TYPE`]: 's3',
    [`${RCLONE}_PROVIDER`]: 'Other',
    [`${RCLONE}_ENV_AUTH`]: 'true',
    [`${RCLONE}_ENDPOINT`]: endpoint,
    RCLONE_CA_CERT: caFile,
    RESTIC_PASSWORD: 'of a test',
  };
  const first: Readonly<Record<string, readonly string[]>> = {
    aws: ['--endpoint-url', endpoint, '--ca-bundle', caFile],
    s3cmd: ['--config', s3cmd],
    restic: ['--cacert', caFile],
  };
  const tryTool = (command: string, args: readonly string[], options: CommandOptions = {}) =>
    region.run(command, [...(first[command] ?? []), ...args], {
      ...options,
      env: { ...env, ...options.env },
    });
  return {
    admin,
    organization,
    endpoint,
    ca,
    caFile,
    keys,
    key,
    sdk: (credentials = keys, more = {}) =>
      new S3Client({
        endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials,
        requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true }) },
        ...more,
      }),
    tool: (command, args, options) => output(tryTool(command, args, options), `${command} ${args.join(' ')}`),
    tryTool,
  };
}

/** What an instance is given at its gateway, as text. Pure. */
import { API_PORT, TOKEN_PORT } from '#engines/nftables/workload-ports.ts';
import { rfc3339 } from '#kernel/clock.ts';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';

export interface GivenToken {
  readonly token: string;
  readonly expires_ms: number;
}

/** `client.authentication.k8s.io/v1 ExecCredential`, what kubectl expects of a credential plugin. */
export const credentialText = ({ token, expires_ms }: GivenToken): string =>
  `${JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token, expirationTimestamp: rfc3339(expires_ms) },
  })}\n`;

export interface KubeconfigParts {
  readonly realm: RealmId;
  readonly namespace: string;
  readonly account: string;
  /** Of the gateway. */
  readonly address: string;
  /** PEM. */
  readonly ca: string;
  /** A name in the API's certificate. */
  readonly serverName: string;
}

/** A kubeconfig without any secret: its credential plugin is curl, which asks for a token here. */
export function kubeconfigText(parts: KubeconfigParts): string {
  const { realm, namespace, account, address, ca, serverName } = parts;
  const name = organizationOf(realm) ?? 'region';
  const curl = ['-sSf', '--noproxy', '*', '--local-port', '600-1023', '-X', 'POST'];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `https://${address}:${API_PORT}${realm}`,
          'tls-server-name': serverName,
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [
      {
        name: account,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: 'curl',
            args: [...curl, '-H', 'Casemate-Identity: 1', `http://${address}:${TOKEN_PORT}/v1/credential`],
            interactiveMode: 'Never',
          },
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: account, namespace } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

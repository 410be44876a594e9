/**
 * Where a realm answers and with which credential, read from a kubeconfig. Holds a private key: never printed.
 */
import { parse } from 'yaml';

/** Plain data, so that it can be handed to another process. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** `` for the region, `/orgs/<name>` for an organization. */
  readonly prefix: string;
  /** Absent: no TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; 'certificate-authority-data': string } }[];
  readonly users: readonly { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

/** Of a kubeconfig with one cluster and one user. */
export function connectionOf(kubeconfig: string): Target {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const [cluster] = clusters;
  const [user] = users;
  if (!cluster || !user) throw new Error('the kubeconfig names no cluster or no user');
  const url = new URL(cluster.cluster.server);
  return {
    host: url.hostname,
    port: Number(url.port),
    prefix: url.pathname === '/' ? '' : url.pathname,
    tls: {
      ca: decode(cluster.cluster['certificate-authority-data']),
      cert: decode(user.user['client-certificate-data']),
      key: decode(user.user['client-key-data']),
    },
  };
}

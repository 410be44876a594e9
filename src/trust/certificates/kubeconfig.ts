/** Writes a kubeconfig: the one file with which kubectl, any Kubernetes client and `casemate` reach a realm. */
import { isMap, isSeq, parseDocument, stringify } from 'yaml';

export interface KubeconfigOptions {
  /** Names the cluster, the user and the context. */
  readonly name: string;
  /** `https://host:port` for the region, `https://host:port/orgs/<org>` for an organization. */
  readonly server: string;
  /** PEM of the region's root. */
  readonly ca: string;
  /** PEM of the client certificate. */
  readonly certificate: string;
  /** PEM of its private key. Secret, so the text is too: write it with mode 0600. */
  readonly key: string;
  /** The project that commands mean when they name none. */
  readonly namespace?: string;
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

/** YAML text with one cluster, one user, one context, which is the current one. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { name } = options;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name, cluster: { server: options.server, 'certificate-authority-data': base64(options.ca) } },
      ],
      users: [
        {
          name,
          user: {
            'client-certificate-data': base64(options.certificate),
            'client-key-data': base64(options.key),
          },
        },
      ],
      contexts: [
        {
          name,
          context: {
            cluster: name,
            user: name,
            ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
          },
        },
      ],
      'current-context': name,
      preferences: {},
    },
    { lineWidth: 0 },
  );
}

/**
 * The same kubeconfig with every cluster at another address and authority, all else untouched; the very same text when
 * nothing is different. Throws a TypeError on text that is no kubeconfig.
 */
export function redirectKubeconfig(text: string, to: Pick<KubeconfigOptions, 'server' | 'ca'>): string {
  const document = parseDocument(text);
  const clusters = document.get('clusters');
  if (document.errors.length > 0 || !isSeq(clusters)) throw new TypeError('not a kubeconfig');
  let changed = false;
  for (const item of clusters.items) {
    const cluster = isMap(item) ? item.get('cluster') : undefined;
    if (!isMap(cluster)) throw new TypeError('not a kubeconfig');
    for (const [key, value] of [
      ['server', to.server],
      ['certificate-authority-data', base64(to.ca)],
    ] as const) {
      if (cluster.get(key) === value) continue;
      cluster.set(key, value);
      changed = true;
    }
  }
  return changed ? document.toString({ lineWidth: 0 }) : text;
}

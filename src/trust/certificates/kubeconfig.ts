/** Writes a kubeconfig: the one file with which kubectl, any Kubernetes client and `casemate` reach a realm. */
import { type Document, isMap, isSeq, parseDocument, stringify } from 'yaml';

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

/** The certificate and key of the first user. Throws a TypeError on text that is no kubeconfig with both in it. */
export function readKubeconfig(text: string): { readonly certificate: string; readonly key: string } {
  const user = parsed(text).getIn(['users', 0, 'user']);
  const read = (field: string): string => {
    const value = isMap(user) ? user.get(field) : undefined;
    if (typeof value !== 'string') throw new TypeError(`a kubeconfig without ${field}`);
    return Buffer.from(value, 'base64').toString('utf8');
  };
  return { certificate: read('client-certificate-data'), key: read('client-key-data') };
}

function parsed(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) throw new TypeError('not a kubeconfig');
  return document;
}

/**
 * The same kubeconfig with every cluster at another address and authority (and every user with another certificate, when one is
 * given), all else untouched; the very same text when nothing is different. Throws a TypeError on text that is no kubeconfig.
 */
export function redirectKubeconfig(
  text: string,
  to: Pick<KubeconfigOptions, 'server' | 'ca'> & { readonly certificate?: string },
): string {
  const document = parsed(text);
  let changed = false;
  const setIn = (list: string, entry: string, fields: Readonly<Record<string, string>>) => {
    const items = document.get(list);
    if (!isSeq(items)) throw new TypeError(`a kubeconfig without ${list}`);
    for (const item of items.items) {
      const target = isMap(item) ? item.get(entry) : undefined;
      if (!isMap(target)) throw new TypeError(`a kubeconfig with an empty entry in ${list}`);
      for (const [field, value] of Object.entries(fields)) {
        if (target.get(field) === value) continue;
        target.set(field, value);
        changed = true;
      }
    }
  };
  setIn('clusters', 'cluster', { server: to.server, 'certificate-authority-data': base64(to.ca) });
  if (to.certificate !== undefined) {
    setIn('users', 'user', { 'client-certificate-data': base64(to.certificate) });
  }
  return changed ? document.toString({ lineWidth: 0 }) : text;
}

/** Puts a realm into a kubeconfig, beside whatever else is in it: cluster, user and context of one name, which becomes the current one. */
import { readFile } from 'node:fs/promises';
import { isMap, isSeq, parseDocument, stringify } from 'yaml';
import { CliError } from '../resources/errors.ts';
import type { Exec } from './exec-plugin.ts';

export interface KubeconfigEntry {
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly exec: Exec;
}

const EMPTY = stringify({ apiVersion: 'v1', kind: 'Config', clusters: [], users: [], contexts: [] });

/** The text of the kubeconfig with the entry. A project that its context names already stays. Throws CliError on what is none. Pure. */
export function withEntry(text: string | undefined, { name, server, ca, exec }: KubeconfigEntry): string {
  const document = parseDocument(text === undefined || text.trim() === '' ? EMPTY : text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new CliError('the kubeconfig is not one: it holds no YAML object', {
      hint: 'give another --kubeconfig FILE',
    });
  }
  const put = (list: string, entry: string, value: Readonly<Record<string, unknown>>) => {
    const known = document.get(list);
    const items = isSeq(known) ? known.items : [];
    const at = items.findIndex((item) => isMap(item) && item.get('name') === name);
    if (at >= 0) document.setIn([list, at, entry], document.createNode(value));
    else if (isSeq(known)) known.add(document.createNode({ name, [entry]: value }));
    else document.set(list, document.createNode([{ name, [entry]: value }]));
  };
  const namespace = (
    document.toJS() as { contexts?: readonly { name?: string; context?: { namespace?: string } }[] }
  ).contexts?.find((one) => one?.name === name)?.context?.namespace;
  const data = Buffer.from(ca, 'utf8').toString('base64');
  put('clusters', 'cluster', { server, 'certificate-authority-data': data });
  put('users', 'user', { exec });
  put('contexts', 'context', {
    cluster: name,
    user: name,
    ...(namespace === undefined ? {} : { namespace }),
  });
  document.set('current-context', name);
  return document.toString({ lineWidth: 0 });
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

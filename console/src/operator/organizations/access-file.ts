/** The file that lets a first administrator in, for kubectl and casemate. */

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export interface AccessFile {
  /** The organization. */
  readonly name: string;
  /** `https://…/orgs/ministry` */
  readonly server: string;
  /** All in PEM; the key is secret. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A kubeconfig as JSON, which is YAML too. Secret. Pure. */
export const accessFile = ({ name, server, authority, certificate, key }: AccessFile): string =>
  `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } }],
      users: [
        {
          name,
          user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
      'current-context': name,
    },
    undefined,
    2,
  )}\n`;

/** Hands a text to the browser as a file. */
export function download(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

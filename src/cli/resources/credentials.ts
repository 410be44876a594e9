/**
 * Makes a person's key and signing request on this machine. The key never leaves it: what goes to the region is the request,
 * what comes back is a certificate.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { kubeconfig } from '#trust/certificates/kubeconfig.ts';
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { CliError, EXIT } from './errors.ts';
import type { Connection } from './kubeconfig.ts';

export interface KeyAndRequest {
  /** PKCS #8 in PEM; undefined when the request was made elsewhere, and the key is not ours to see. */
  readonly key: string | undefined;
  /** PKCS #10 in PEM. */
  readonly request: string;
}

/** A fresh key, or (with `--csr`) the request of a key that somebody keeps elsewhere. */
export async function keyAndRequest(csrFile: string | undefined): Promise<KeyAndRequest> {
  if (csrFile === undefined) {
    const key = newPersonalKey();
    return { key, request: await signingRequest(key) };
  }
  try {
    return { key: undefined, request: readFileSync(csrFile, 'utf8') };
  } catch (error) {
    throw new CliError(`cannot read the request: ${error instanceof Error ? error.message : String(error)}`, {
      exitCode: EXIT.usage,
    });
  }
}

/** Refuses before anything is made when its outcome could not be written. */
export function checkWritable(file: string): void {
  if (!existsSync(file)) return;
  throw new CliError(`${file} exists already, and may hold somebody’s key`, {
    exitCode: EXIT.usage,
    hint: 'give another --out FILE',
  });
}

/** Writes a file that only its owner may read, whole or not at all. */
async function writeSecret(file: string, text: string): Promise<void> {
  const path = resolve(file);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
  await rename(temporary, path);
}

export interface NewAccess {
  /** Where to write. */
  readonly file: string;
  /** The realm: `https://…/orgs/ministry`. */
  readonly server: string;
  readonly name: string;
  readonly project: string | undefined;
  readonly certificate: string;
  readonly key: string | undefined;
}

/**
 * Writes the kubeconfig of a new credential, trusting the CA of the connection it came through. Without the key (it is kept
 * elsewhere), writes the certificate instead. Tells what was written.
 */
export async function writeAccess(
  connection: Connection,
  access: NewAccess,
): Promise<'kubeconfig' | 'certificate'> {
  if (access.key === undefined) {
    await writeSecret(access.file, access.certificate);
    return 'certificate';
  }
  if (connection.ca === undefined)
    throw new CliError('the kubeconfig has no CA to pass on: add certificate-authority-data');
  const text = kubeconfig({
    name: access.name,
    server: access.server,
    ca: connection.ca,
    certificate: access.certificate,
    key: access.key,
    ...(access.project === undefined ? {} : { namespace: access.project }),
  });
  await writeSecret(access.file, text);
  return 'kubeconfig';
}

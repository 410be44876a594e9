/**
 * Where the Incus is that region.yaml names: behind a unix socket of this machine, or behind HTTPS on another one, with a client
 * certificate of ours. What is wrong is said with the field's name; what stands in a key never is.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { trustOnly } from '#engines/incus/server-trust.ts';
import type { IncusAddress } from '#engines/incus/transport.ts';
import type { RegionConfig } from './config/schema.ts';
import type { Account } from './embedded/accounts.ts';

type IncusConfig = Pick<RegionConfig, 'incus'>;

const FILE_BYTES_MAX = 65_536;
const OTHERS = 0o077;

/** Over HTTPS the machine with the instances is another one, as far as we can know. */
export const isRemote = ({ incus }: IncusConfig): boolean =>
  incus.mode === 'external' && incus.url !== undefined;

/** Bridges would be made over there, and the packet filter that keeps them apart is here. */
export const WHY_NO_NETWORKS =
  'this region’s Incus is reached over HTTPS, and networks need it on the region’s own machine, where the packet filter is';

/** Its place as a person would say it. */
export const placeOf = ({ incus }: IncusConfig): string => incus.url ?? incus.socket ?? 'nowhere';

/** Reads and checks the files that region.yaml names. `owner`: whom the region process runs as, the only one that may read the key. */
export function externalAddress({ incus }: IncusConfig, owner?: Pick<Account, 'name' | 'uid'>): IncusAddress {
  const { socket, url, clientCertificate, clientKey, serverCertificate } = incus;
  if (url === undefined) return { socketPath: socket ?? '' };
  const certificate = readField('clientCertificate', clientCertificate);
  const shown = parseField('clientCertificate', clientCertificate, () => new X509Certificate(certificate));
  const key = readField('clientKey', clientKey);
  checkOwner(clientKey ?? '', owner);
  const parsed = parseField('clientKey', clientKey, (): KeyObject => createPrivateKey(key));
  if (!shown.checkPrivateKey(parsed)) {
    throw new Error(`incus.clientKey: ${clientKey} is not the key of ${clientCertificate}`);
  }
  const trusted = readField('serverCertificate', serverCertificate);
  parseField('serverCertificate', serverCertificate, () => trustOnly(trusted));
  return { url, certificate, key, serverCertificate: trusted };
}

function readField(field: string, path: string | undefined): string {
  if (path === undefined) throw new Error(`incus.${field}: is missing`);
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) throw new Error(`has ${size} bytes, at most ${FILE_BYTES_MAX} are read`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`incus.${field}: ${path} cannot be read (${wordsOf(error)})`, { cause: error });
  }
}

/** `parse` with its error told as the field's, without what stands in the file. */
function parseField<T>(field: string, path: string | undefined, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`incus.${field}: ${path} is not what belongs there, in PEM (${wordsOf(error)})`);
  }
}

function checkOwner(path: string, owner: Pick<Account, 'name' | 'uid'> | undefined): void {
  const { uid, mode } = statSync(path);
  if ((mode & OTHERS) !== 0) {
    throw new Error(
      `incus.clientKey: ${path} is open to others than its owner (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path}`,
    );
  }
  if (owner !== undefined && uid !== owner.uid) {
    throw new Error(
      `incus.clientKey: ${path} belongs to user ${uid}, and the region runs as ${owner.name}: chown ${owner.name} ${path}`,
    );
  }
}

const wordsOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

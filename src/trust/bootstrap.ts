/**
 * A region's first trust: its root, its server certificate, and the first operator. Safe to run at every start: what is
 * there stays, what ran out is renewed, and an operator that was revoked on purpose is never brought back.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { systemActor } from '#kernel/access.ts';
import type { Clock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { RoleBinding } from './access/role-binding.ts';
import { kubeconfig, redirectKubeconfig } from './certificates/kubeconfig.ts';
import type { IpRange } from './certificates/name-constraints.ts';
import {
  issueServerCertificate,
  partNames,
  type ServerNames,
  serverCertificateIsDue,
} from './certificates/server.ts';
import { Pkcs10CertificateRequestGenerator } from './certificates/x509.ts';
import { readIfThere, removeDurably, writeDurably } from './files.ts';
import { ClientCertificate, VALIDITY_DAYS_DEFAULT } from './identity/client-certificate.ts';
import { reconcileClientCertificate } from './identity/controller.ts';
import type { Keyring } from './keys/keyring.ts';

/** Ranges that no public host has (RFC 1918, 6598, 3927, 4193, 4291), and loopback. */
const PRIVATE_RANGES: readonly IpRange[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
];

const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

export interface ServerIdentityOptions {
  /** Where `ca.crt`, `server.crt` and `server.key` are kept; must exist and belong to the region's user. */
  readonly folder: string;
  /** What the API is reached under. */
  readonly names: ServerNames;
  readonly keyring: Pick<Keyring, 'rootAuthority'>;
  readonly clock: Clock;
}

export interface ServerIdentity {
  /** PEM of the region's root, for clients. */
  readonly ca: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. Secret. */
  readonly key: string;
  /** Whether this call made the certificate. */
  readonly renewed: boolean;
  /**
   * Names and addresses that the certificate leaves out, because the root was made without them (they came later) and its
   * constraints are for good. Clients cannot use them; tell the operator.
   */
  readonly uncertified: readonly string[];
}

/**
 * Reads the server certificate, or makes it when it is missing, short of a name, or due for renewal (a third of its life
 * before the end). Call it at every start and once a day, and give TLS the new one.
 */
export async function ensureServerIdentity(options: ServerIdentityOptions): Promise<ServerIdentity> {
  const { folder, names, keyring, clock } = options;
  const root = await keyring.rootAuthority({
    dnsNames: [...new Set(['casemate.internal', 'localhost', ...names.dnsNames])],
    ipRanges: [...PRIVATE_RANGES, ...names.ips],
  });
  const { permitted, outside: uncertified } = partNames(root, names);
  const [caPath, certificatePath, keyPath] = ['ca.crt', 'server.crt', 'server.key'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  if ((await readIfThere(caPath)) !== root.pem) await writeDurably(caPath, root.pem, PUBLIC_MODE);
  const certificate = await readIfThere(certificatePath);
  const key = await readIfThere(keyPath);
  if (
    certificate !== undefined &&
    key !== undefined &&
    keyMatches(certificate, key) &&
    !serverCertificateIsDue(certificate, root, permitted, clock.now())
  ) {
    return { ca: root.pem, certificate, key, renewed: false, uncertified };
  }
  const made = await issueServerCertificate(root, permitted, clock.now());
  await writeDurably(keyPath, made.key, SECRET_MODE);
  await writeDurably(certificatePath, made.certificate, PUBLIC_MODE);
  return { ca: root.pem, ...made, renewed: true, uncertified };
}

/** Whether both halves belong together: a crash may have written one of them only. */
function keyMatches(certificate: string, key: string): boolean {
  try {
    return createPublicKey(createPrivateKey(key)).equals(createPublicKey(certificate));
  } catch {
    return false;
  }
}

export interface OperatorOptions {
  readonly realms: Pick<Realms, 'use'>;
  readonly keyring: Pick<Keyring, 'clientAuthority'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Name of the user, and of the objects made for it. */
  readonly user: string;
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the region's root. */
  readonly ca: string;
  /** Names the kubeconfig's context. */
  readonly region: string;
  /** PEM of the operator's private key. Secret. */
  readonly key: string;
}

/** A P-256 private key in PEM, for a person's credential. Secret. */
export function newPersonalKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A signing request in PEM for a P-256 key in PEM. Only the key in it counts, so it names nobody. */
export async function signingRequest(key: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const privateKey = createPrivateKey(key);
  const subtle = webcrypto.subtle;
  const keys = {
    privateKey: await subtle.importKey(
      'pkcs8',
      Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' })),
      algorithm,
      false,
      ['sign'],
    ),
    publicKey: await subtle.importKey(
      'spki',
      Uint8Array.from(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })),
      algorithm,
      true,
      ['verify'],
    ),
  };
  const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
  return request.toString('pem');
}

/** Whether the region has any operator at all. */
function hasOperator(realm: Realm): boolean {
  return realm.view.list(RoleBinding).some(({ spec }) => spec.role === 'region-operator');
}

/**
 * Makes a ClientCertificate and a region-operator RoleBinding for a user in the region's realm, signs at once (no controller
 * needs to run), and returns the kubeconfig. Safe to repeat after a crash with the same key. It is the way in of last
 * resort too: whoever may call it has the region's files, and the ledger says `via: bootstrap`.
 */
export async function issueOperator(options: OperatorOptions): Promise<string> {
  const { realms, keyring, clock, random, user, key } = options;
  const request = await signingRequest(key);
  const certificate = await realms.use(REGION, async (realm) => {
    const change = {
      actor: systemActor(REGION, 'bootstrap'),
      via: 'bootstrap',
      requestId: random.uuid(),
    };
    const unlessThere = async (work: Promise<unknown>) => {
      try {
        await work;
      } catch (error) {
        if (!isStatusError(error, 'AlreadyExists')) throw error;
      }
    };
    const name = `${user}-bootstrap`;
    await unlessThere(
      realm.resources.create(
        RoleBinding,
        undefined,
        {
          metadata: { name },
          spec: { role: 'region-operator', subjects: [{ kind: 'User', name: user }] },
        },
        change,
      ),
    );
    await unlessThere(
      realm.resources.create(
        ClientCertificate,
        undefined,
        { metadata: { name }, spec: { user, request, validity_days: VALIDITY_DAYS_DEFAULT } },
        change,
      ),
    );
    await reconcileClientCertificate({ name }, keyring, { realm, change, clock });
    return realm.view.get(ClientCertificate, { name })?.status?.certificate;
  });
  if (certificate === undefined || !keyMatches(certificate, key)) {
    throw new Error(
      `ClientCertificate "${user}-bootstrap" of the region is not for this key; delete it or choose another user`,
    );
  }
  return kubeconfig({
    name: `${user}@${options.region}`,
    server: options.server,
    ca: options.ca,
    certificate,
    key,
  });
}

export interface BootstrapOptions extends ServerIdentityOptions {
  /** The region's name. */
  readonly region: string;
  /** `https://host:port`, as operators reach it. */
  readonly server: string;
  readonly realms: Realms;
  readonly keyring: Keyring;
  readonly random: Random;
  /** The first operator's user name. */
  readonly operator?: string;
}

export interface BootstrapResult extends ServerIdentity {
  /** Path of the first operator's kubeconfig (mode 0600); absent when the file is gone and there are operators already. */
  readonly operatorKubeconfig?: string;
}

/**
 * Creates what is missing of a region's trust: the region's realm with its keys, the root and server certificate, and, when the
 * region has no operator yet, the first one with `operator.kubeconfig` in the folder.
 */
export async function bootstrapTrust(options: BootstrapOptions): Promise<BootstrapResult> {
  const { folder, realms, region, server, operator: user = 'operator' } = options;
  if (!(await realms.exists(REGION))) await realms.create(REGION);
  const identity = await ensureServerIdentity(options);
  const path = join(folder, 'operator.kubeconfig');
  const keyPath = join(folder, 'operator.key.new');
  const pendingKey = await readIfThere(keyPath);
  const present = await readIfThere(path);
  const operated = await realms.use(REGION, hasOperator);
  if (operated && pendingKey === undefined) {
    if (present === undefined) return identity;
    const current = redirectKubeconfig(present, { server, ca: identity.ca });
    if (current !== present) await writeDurably(path, current, SECRET_MODE);
    return { ...identity, operatorKubeconfig: path };
  }
  // The key is on disk before anything names it, so that a crash in between loses nothing.
  const key = pendingKey ?? newPersonalKey();
  if (pendingKey === undefined) await writeDurably(keyPath, key, SECRET_MODE);
  const text = await issueOperator({ ...options, user, server, region, ca: identity.ca, key });
  await writeDurably(path, text, SECRET_MODE);
  await removeDurably(keyPath);
  return { ...identity, operatorKubeconfig: path };
}

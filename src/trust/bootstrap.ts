/**
 * A region's first trust: its root, its server certificate, and the first operator. Safe to run at every start: what is
 * there stays, what runs out is renewed, and an operator that was revoked on purpose is never brought back.
 */
import { join } from 'node:path';
import type { Random } from '#kernel/random.ts';
import type { Realms } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import { sayAlone } from './approvals/sole-operator.ts';
import { readKubeconfig, redirectKubeconfig } from './certificates/kubeconfig.ts';
import { newPersonalKey } from './certificates/personal-key.ts';
import {
  ensureServerIdentity,
  type ServerIdentity,
  type ServerIdentityOptions,
} from './certificates/server-identity.ts';
import { readIfThere, removeDurably, writeDurably } from './files.ts';
import { hasOperator, issueOperator, renewOperator } from './identity/operator.ts';
import type { Keyring } from './keys/keyring.ts';

const SECRET_MODE = 0o600;

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
  /** Whether that operator is the only one, who acts alone as long as that is so (`approvals/sole-operator.ts`). */
  readonly soleOperator?: boolean;
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
  if (options.soleOperator === true) await sayAlone({ realms, random: options.random, user });
  const identity = await ensureServerIdentity(options);
  const path = join(folder, 'operator.kubeconfig');
  const keyPath = join(folder, 'operator.key.new');
  const pendingKey = await readIfThere(keyPath);
  const present = await readIfThere(path);
  const operated = await realms.use(REGION, hasOperator);
  if (operated && pendingKey === undefined) {
    if (present === undefined) return identity;
    await refreshKubeconfig(path, present, identity.ca, options);
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

/** Renews the certificate in the region's own kubeconfig when it is time, and points it at the region's address. */
async function refreshKubeconfig(
  path: string,
  text: string,
  ca: string,
  options: BootstrapOptions,
): Promise<void> {
  const { certificate, key } = readKubeconfig(text);
  const renewed = await renewOperator({ ...options, key }, certificate);
  const to = { server: options.server, ca, ...(renewed ? { certificate: renewed.certificate } : {}) };
  const current = redirectKubeconfig(text, to);
  if (current !== text) await writeDurably(path, current, SECRET_MODE);
  await renewed?.retire();
}

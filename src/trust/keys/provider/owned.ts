/** HSMs that belong to organizations: what the operator connected for each, and the PINs that their owners gave. */
import type { HsmInfo } from '#kernel/hsm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { MaterialStore } from '../keyring.ts';
import type { RootKeys } from '../roots.ts';

export interface OwnedHsm {
  readonly organization: string;
  readonly roots: RootKeys;
  /** Absent where the operator keeps the PIN in a file. Throws ServiceUnavailable when the PIN is wrong. */
  readonly login: ((pin: string) => Promise<HsmInfo>) | undefined;
}

const nameOf = (hsm: string) => `provider-pin.${hsm}`;

/** The PIN that was given last, sealed under the region's own root, so that the HSM comes back by itself. */
export async function keptPin(material: MaterialStore, hsm: string): Promise<string | undefined> {
  const bytes = await material.get(REGION, nameOf(hsm));
  if (!bytes) return undefined;
  const pin = bytes.toString('utf8');
  bytes.fill(0);
  return pin;
}

export async function keepPin(material: MaterialStore, hsm: string, pin: string): Promise<void> {
  await material.delete(REGION, nameOf(hsm));
  await material.add(REGION, nameOf(hsm), Buffer.from(pin, 'utf8'));
}

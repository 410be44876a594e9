/** What holds tenants' Keys in this region, put together. */
import { unavailable } from '#kernel/errors.ts';
import type { KeyBackend } from './key/backend.ts';
import type { Backends } from './key/crypt.ts';
import { softwareBackend } from './key/software.ts';
import type { Keyring } from './keyring.ts';

const NO_HSM_RETRY_S = 60;

/** `hsm`: absent where region.yaml names none. */
export function keyBackends(keyring: Pick<Keyring, 'material'>, hsm?: KeyBackend): Backends {
  return {
    software: softwareBackend(keyring.material),
    hsm() {
      if (hsm) return hsm;
      throw unavailable(
        'this region has no HSM: its operator names one in region.yaml (keys.pkcs11); or make the Key with protection: software',
        NO_HSM_RETRY_S,
      );
    },
  };
}

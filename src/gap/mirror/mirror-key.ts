/**
 * The key that the region signs its package mirror with: OpenPGP, Ed25519, because apt verifies nothing else. It is made once, kept with the region's other keys, wrapped
 * under their root, and unwrapped only for as long as gpg signs. What it says is that this region publishes an index: who signed what is in it, the bundles say.
 */
import type { Clock } from '#kernel/clock.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { MaterialStore } from '#trust/keys/keyring.ts';
import { withGpg } from './gpg.ts';

const NAME = 'mirror.openpgp';

export interface MirrorKey {
  /** ASCII armour, for `Signed-By`. Makes the key when there is none. */
  publicKey(): Promise<string>;
  /** A cleartext-signed message (RFC 9580, 7): what `InRelease` is. */
  sign(text: string): Promise<string>;
}

interface Kept {
  readonly public: string;
  readonly secret: string;
}

export interface MirrorKeyOptions {
  readonly material: Pick<MaterialStore, 'add' | 'get'>;
  /** The region's name: whose key it is. */
  readonly region: string;
  readonly clock: Pick<Clock, 'now'>;
}

export function mirrorKey({ material, region, clock }: MirrorKeyOptions): MirrorKey {
  let known: Promise<string> | undefined;

  async function kept(): Promise<Kept> {
    const found = await read();
    if (found !== undefined) return found;
    const made = await withGpg(clock.now(), async (gpg): Promise<Kept> => {
      await gpg([
        '--quick-generate-key',
        `Casemate region ${region}, package mirror`,
        'ed25519',
        'sign',
        'never',
      ]);
      return {
        public: await gpg(['--armor', '--export']),
        secret: await gpg(['--armor', '--export-secret-keys']),
      };
    });
    // Another process may have been first: then theirs counts.
    await material.add(REGION, NAME, Buffer.from(JSON.stringify(made), 'utf8'));
    return (await read()) ?? made;
  }

  async function read(): Promise<Kept | undefined> {
    const bytes = await material.get(REGION, NAME);
    if (bytes === undefined) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8')) as Kept;
    } finally {
      bytes.fill(0);
    }
  }

  return {
    async publicKey() {
      known ??= kept().then((key) => key.public);
      try {
        return await known;
      } catch (error) {
        known = undefined;
        throw error;
      }
    },
    async sign(text) {
      const { secret } = await kept();
      return withGpg(clock.now(), async (gpg) => {
        await gpg(['--import'], secret);
        return gpg(['--clearsign', '--digest-algo', 'SHA512'], text);
      });
    },
  };
}

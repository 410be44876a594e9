/** What holds this region's keys, said honestly: what is in force, in whose words, and that nothing of it is a validation. */
import { getFips } from 'node:crypto';
import type { RootKeys } from './roots.ts';
import type { SealSetting } from './seal/master-store.ts';

export interface KeyFacts {
  /** How the region's master key lies on disk. */
  readonly seal: SealSetting;
  readonly masterKey: string;
  /** Where root keys of organizations made from now on come from. */
  readonly rootsOfNewOrganizations: string;
  readonly providers: readonly {
    readonly name: string;
    readonly type: 'software' | 'pkcs11';
    /** An HSM's are its own words; or why it does not answer. */
    readonly description: string;
  }[];
  readonly software: {
    /** The library that computes in software. */
    readonly library: string;
    /** Whether that library was told to use a FIPS provider only: `crypto.getFips()`. */
    readonly fipsProvider: boolean;
  };
  /** Always the same: the region cannot know more. */
  readonly validation: string;
}

const VALIDATION =
  'none is claimed: whether an HSM or a library is validated (FIPS 140-3, Common Criteria) its own certificate says, for its model and firmware';
const SEAL_WORDS: Readonly<Record<SealSetting, string>> = {
  file: 'master key in a file of mode 0600: whoever reads the disk as root, or takes it, has every key that hangs from it',
  passphrase:
    'master key sealed under a passphrase: not on disk in the clear, in memory while the region runs',
  shares:
    'master key sealed under shares of custodians: not on disk in the clear, in memory while the region runs',
};

export interface KeyFactsOptions {
  readonly seal: SealSetting;
  readonly masterKey: string;
  readonly rootsOfNewOrganizations: string;
  /** Beside the software store. */
  readonly providers: Iterable<RootKeys>;
}

/** Asks each provider once. */
export async function keyFacts({ providers, ...known }: KeyFactsOptions): Promise<KeyFacts> {
  const asked = await Promise.all(
    Array.from(providers, async ({ name, facts }) => {
      const description = await facts().then(
        (said) => said.description,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      return { name, type: 'pkcs11' as const, description };
    }),
  );
  return {
    ...known,
    providers: [{ name: 'software', type: 'software', description: SEAL_WORDS[known.seal] }, ...asked],
    software: { library: `OpenSSL ${process.versions.openssl}`, fipsProvider: getFips() === 1 },
    validation: VALIDATION,
  };
}

/**
 * What a Key may be made of, as a table: what each algorithm is good for, and what makes it. Facts only.
 */

export const PURPOSES = ['encrypt', 'wrap', 'sign', 'mac'] as const;
export type Purpose = (typeof PURPOSES)[number];

export const ALGORITHMS = [
  'AES-256-GCM',
  'P-256',
  'P-384',
  'Ed25519',
  'ML-DSA-65',
  'ML-DSA-87',
  'ML-KEM-768',
  'ML-KEM-1024',
  'HMAC-SHA-256',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface AlgorithmFacts {
  readonly purposes: readonly Purpose[];
  /** Whether an HSM can hold it: what PKCS#11 2.40, which is what most HSMs speak, has mechanisms for. */
  readonly hsm: boolean;
  /** `secret`: 32 random bytes; else the pair that `generateKeyPairSync` of node:crypto makes. */
  readonly material:
    | { readonly type: 'secret' }
    | { readonly type: 'ec'; readonly curve: 'P-256' | 'P-384'; readonly digest: 'sha256' | 'sha384' }
    | { readonly type: 'pair'; readonly name: PairName; readonly kem: boolean };
}

type PairName = 'ed25519' | 'ml-dsa-65' | 'ml-dsa-87' | 'ml-kem-768' | 'ml-kem-1024';

const pair = (name: PairName, kem = false) => ({ type: 'pair', name, kem }) as const;

export const FACTS: Readonly<Record<Algorithm, AlgorithmFacts>> = {
  'AES-256-GCM': { purposes: ['encrypt', 'wrap'], hsm: true, material: { type: 'secret' } },
  'P-256': { purposes: ['sign'], hsm: true, material: { type: 'ec', curve: 'P-256', digest: 'sha256' } },
  'P-384': { purposes: ['sign'], hsm: true, material: { type: 'ec', curve: 'P-384', digest: 'sha384' } },
  Ed25519: { purposes: ['sign'], hsm: false, material: pair('ed25519') },
  // FIPS 204.
  'ML-DSA-65': { purposes: ['sign'], hsm: false, material: pair('ml-dsa-65') },
  'ML-DSA-87': { purposes: ['sign'], hsm: false, material: pair('ml-dsa-87') },
  // FIPS 203: what is wrapped is sealed under the secret that is encapsulated.
  'ML-KEM-768': { purposes: ['wrap'], hsm: false, material: pair('ml-kem-768', true) },
  'ML-KEM-1024': { purposes: ['wrap'], hsm: false, material: pair('ml-kem-1024', true) },
  'HMAC-SHA-256': { purposes: ['mac'], hsm: true, material: { type: 'secret' } },
};

export const HSM_ALGORITHMS = ALGORITHMS.filter((name) => FACTS[name].hsm);

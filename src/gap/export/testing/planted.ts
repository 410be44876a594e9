/** One true example of everything that is looked for, made up for tests; and how tests look at content. Tests only. */
import { DETECTORS } from '../check/detectors.ts';
import type { Finding } from '../check/finding.ts';
import { type InspectOptions, inspectFile, newBudget } from '../check/inspect.ts';

/** By what the detector is called. None was ever anybody's. In halves, so that nobody's scanner finds one in this file. */
export const PLANTED: Readonly<Record<string, string>> = {
  'private key (PEM)': ['-----BEGIN EC PRIV', 'ATE KEY-----'].join(''),
  'private key (PEM in base64)': Buffer.from(['-----BEGIN PRIV', 'ATE KEY-----\n'].join('')).toString(
    'base64',
  ),
  'private key (PuTTY)': ['PuTTY-User-Key', '-File-3: ssh-ed25519'].join(''),
  'private key (age)': `AGE-SECRET-KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.slice(0, 58)}`,
  'private key (JWK)': `"d": "${'Zm9vYmFyYmF6cXV4'.repeat(3)}"`,
  'private key (WireGuard)': `PrivateKey = ${'aBcDeFgHiJ'.repeat(4)}abc=`,
  'signer’s key of Casemate bundles': ['casemate-signing', '-key-v1'].join(''),
  'AWS access key': ['AKIA', 'IOSFODNN7EXAMPLE'].join(''),
  'Google API key': `AIza${'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'.slice(0, 35)}`,
  'Google OAuth secret': `GOCSPX-${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7c'}`,
  'Azure storage key': `AccountKey=${'aB3dE6gH9j'.repeat(8)}abcdef==`,
  'Azure client secret': `abc8Q~${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0iL3o'}`,
  'JSON Web Token': 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl',
  'GitHub token': `ghp_${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0iL3oR6'}`,
  'GitLab token': `glpat-${'aB3dE6gH9jK2mN5pQ8sT'}`,
  'Slack token': ['xox', 'b-1234567890-abcdefghij'].join(''),
  'Stripe key': ['sk_li', 've_aB3dE6gH9jK2mN5pQ8sT1vW4'].join(''),
  'npm token': `npm_${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0iL3oR6'}`,
  'PyPI token': `pypi-AgE${'IcHlwaS5vcmcC'.repeat(5)}`,
  'Hugging Face token': `hf_${'aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH'}`,
  'Anthropic key': `sk-ant-${'api03-aB3dE6gH9jK2mN5pQ8sT'}`,
  'OpenAI key': `sk-proj-${'aB3dE6gH9jK2mN5pQ8sT1vW4'}`,
  'HashiCorp Vault token': `hvs.${'CAESIJ1aB3dE6gH9jK2mN5pQ8sT'}`,
  'session cookie': 'Set-Cookie: session=0123456789abcdef0123',
  'bearer token': 'Authorization: Bearer 0123456789abcdef0123',
  'address with a password': ['postgres://town:h0rse', 'battery@db.internal'].join(''),
  'password in an assignment': ['db_passw', 'ord = "h0rse-battery"'].join(''),
  'random text': 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0iL',
  'lines of base64': `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\n'.repeat(9)}`,
  'a long run of letters and digits': 'deadbeef'.repeat(80),
  'e-mail address': 'ann.meier@town.example',
  'telephone number': '+352 621 123 456',
  IBAN: 'LU28 0019 4006 4475 0000',
  'payment card': '4111 1111 1111 1111',
  'French NIR': '2 55 08 14 168 025 38',
  'Luxembourg matricule': '1985073012341',
  'German tax number': '86 095 742 719',
  'Belgian national number': '85.07.30-033.28',
  'Spanish DNI or NIE': '12345678Z',
  'Italian tax code': 'RSSMRA85T10A562S',
  'Polish PESEL': '44051401359',
};

export async function* chunksOf(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

export async function inspected(
  file: string,
  content: Uint8Array | string,
  options: Partial<InspectOptions> & { readonly chunk?: number } = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  await inspectFile(chunksOf(bytes, options.chunk), file, {
    types: new Set(['text', 'gzip', 'tar', 'zip'] as const),
    detectors: DETECTORS,
    budget: newBudget(),
    report: (finding) => findings.push(finding),
    ...options,
  });
  return findings;
}

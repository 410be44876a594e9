/** Secrets by their shapes, as those who give them out publish them, and by how random they look. */
import type { Detector } from './detector.ts';

const STRENGTH_MIN = 0.82;
const CANDIDATE_MIN = 24;

/** Shannon's, in bits for each character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const WORD = /^(?:[A-Z]?[a-z]{2,}|[A-Z]{2,}|[0-9]+|[A-Za-z]|[A-Za-z]{1,3}[0-9]{1,4})$/;

/** As close to random as a text of its length can look, of three sorts of characters, and not a path or a name of words. Digests and uuids have two sorts. */
function looksRandom(match: string): number | undefined {
  if (match.length < CANDIDATE_MIN) return undefined;
  if (!/[a-z]/.test(match) || !/[A-Z]/.test(match) || (match.match(/[0-9]/g)?.length ?? 0) < 2)
    return undefined;
  const words = match.split(/[/_+=-]|(?<=[a-z])(?=[A-Z])/).filter((word) => word !== '');
  if (words.filter((word) => WORD.test(word)).length * 2 > words.length) return undefined;
  return entropy(match) >= STRENGTH_MIN * Math.log2(Math.min(match.length, 64)) ? match.length : undefined;
}

const PLACEHOLDER =
  /^(?:x+|\*+|\.+|<.*|\$.*|%.*|\{\{.*|changeme|password|secret|none|null|true|false|required|optional|example.*|redacted.*)$/i;

function isPassword(match: string): number | undefined {
  const value = match.replace(/^[^:=]{1,40}[:=]{1,2}[ \t]{0,8}["']?/, '');
  return PLACEHOLDER.test(value) ? undefined : match.length;
}

export const SECRETS: readonly Detector[] = [
  {
    rule: 'private-key',
    what: 'private key (PEM)',
    pattern: /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
    hints: ['PRIVATE KEY'],
  },
  {
    rule: 'private-key',
    what: 'private key (PEM in base64)',
    // What the beginnings above become; kubeconfigs have them so.
    pattern:
      /LS0tLS1CRUdJTi(?:BQUklWQVRF|BFQyBQUklWQVRF|BSU0EgUFJJVkFUR|BPUEVOU1NIIFBSSVZBVE|BFTkNSWVBURUQgUFJJVkFUR|BERFNBIFBSSVZBVE)/g,
    hints: ['LS0tLS1CRUdJTi'],
  },
  {
    rule: 'private-key',
    what: 'private key (PuTTY)',
    pattern: /PuTTY-User-Key-File-[0-9]/g,
    hints: ['PuTTY-User'],
  },
  {
    rule: 'private-key',
    what: 'private key (age)',
    pattern: /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/g,
    hints: ['AGE-SECRET-KEY-1'],
  },
  {
    rule: 'private-key',
    what: 'private key (JWK)',
    pattern: /"d"[ \t]{0,8}:[ \t]{0,8}"[\w-]{40,700}"/g,
    hints: ['"d"'],
  },
  {
    rule: 'private-key',
    what: 'private key (WireGuard)',
    pattern: /(?<!\w)PrivateKey[ \t]{0,8}=[ \t]{0,8}[A-Za-z0-9+/]{43}=/g,
    hints: ['PrivateKey'],
  },
  {
    rule: 'private-key',
    what: 'signer’s key of Casemate bundles',
    pattern: /casemate-signing-key-v[0-9]{1,3}/g,
    hints: ['casemate-signing-key'],
  },
  {
    rule: 'cloud-key',
    what: 'AWS access key',
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g,
    hints: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
  },
  {
    rule: 'cloud-key',
    what: 'Google API key',
    pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g,
    hints: ['AIza'],
  },
  {
    rule: 'cloud-key',
    what: 'Google OAuth secret',
    pattern: /(?<![\w-])GOCSPX-[\w-]{28}(?![\w-])/g,
    hints: ['GOCSPX-'],
  },
  {
    rule: 'cloud-key',
    what: 'Azure storage key',
    pattern: /AccountKey=[A-Za-z0-9+/]{86}==/g,
    hints: ['AccountKey='],
  },
  {
    rule: 'cloud-key',
    what: 'Azure client secret',
    pattern: /(?<![\w~.-])[\w~.-]{3}8Q~[\w~.-]{34}(?![\w~-])/g,
    hints: ['8Q~'],
  },
  {
    rule: 'token',
    what: 'JSON Web Token',
    // Also ours: tokens of people, service accounts and workloads are such.
    pattern: /(?<![\w-])eyJ[\w-]{8,480}\.eyJ[\w-]{8}/g,
    hints: ['.eyJ'],
  },
  {
    rule: 'token',
    what: 'GitHub token',
    pattern: /(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})/g,
    hints: ['ghp_', 'gho_', 'ghs_', 'ghu_', 'ghr_', 'github_pat_'],
  },
  {
    rule: 'token',
    what: 'GitLab token',
    pattern: /(?<![\w-])gl(?:pat|dt|rt|ptt|cbt)-[\w-]{20}/g,
    hints: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-'],
  },
  {
    rule: 'token',
    what: 'Slack token',
    pattern: /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,250}/g,
    hints: ['xox'],
  },
  {
    rule: 'token',
    what: 'Stripe key',
    pattern: /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{20,99}/g,
    hints: ['k_live_'],
  },
  {
    rule: 'token',
    what: 'npm token',
    pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g,
    hints: ['npm_'],
  },
  { rule: 'token', what: 'PyPI token', pattern: /(?<![\w-])pypi-AgE[\w-]{50,250}/g, hints: ['pypi-AgE'] },
  {
    rule: 'token',
    what: 'Hugging Face token',
    pattern: /(?<![A-Za-z0-9])hf_[A-Za-z]{34}(?![A-Za-z0-9])/g,
    hints: ['hf_'],
  },
  { rule: 'token', what: 'Anthropic key', pattern: /(?<![\w-])sk-ant-[\w-]{20,200}/g, hints: ['sk-ant-'] },
  {
    rule: 'token',
    what: 'OpenAI key',
    pattern: /(?<![\w-])sk-(?:proj-|svcacct-)?[A-Za-z0-9]{20}[\w-]{0,200}/g,
    hints: ['sk-'],
  },
  {
    rule: 'token',
    what: 'HashiCorp Vault token',
    pattern: /(?<![\w-])hv[bs]\.[\w-]{24,300}/g,
    hints: ['hvs.', 'hvb.'],
  },
  {
    rule: 'token',
    what: 'session cookie',
    pattern: /(?<![\w-])(?:set-)?cookie[ \t]{0,8}:[ \t]{0,8}[\w.-]{1,64}=[^\s;]{16,300}/gi,
  },
  {
    rule: 'token',
    what: 'bearer token',
    pattern: /(?<![\w-])authorization[ \t]{0,8}:[ \t]{0,8}(?:bearer|basic) [\w.~+/=-]{16,300}/gi,
  },
  {
    rule: 'password',
    what: 'address with a password',
    pattern:
      /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,19}:\/\/[^\s:@/"'<>]{1,64}:[^\s:@/"'<>]{1,128}@[\w[]/g,
    hints: ['://'],
  },
  {
    rule: 'password',
    what: 'password in an assignment',
    pattern:
      /(?:passwor[dt]|passwd|passphrase|mot_?de_?passe|secret|api_?key|access_?key|client_?secret|auth_?token)["']?[ \t]{0,8}[:=]{1,2}[ \t]{0,8}["']?[^\s"'<>,;]{8,128}/gi,
    accepts: isPassword,
  },
  {
    rule: 'high-entropy',
    what: 'random text',
    pattern: /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,200}={0,2}(?![A-Za-z0-9+/_=-])/g,
    accepts: looksRandom,
  },
  {
    rule: 'encoded-data',
    what: 'lines of base64',
    pattern: /^(?:[A-Za-z0-9+/]{60,76}\r?\n){8}/gm,
  },
  {
    rule: 'encoded-data',
    what: 'a long run of letters and digits',
    pattern: /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{600}/g,
  },
];

/** What a field is called where nobody found better words: see `../texts/field-words.ts`. */

const ACRONYMS: ReadonlySet<string> = new Set([
  'acme',
  'ca',
  'cpu',
  'dns',
  'id',
  'ip',
  'saml',
  'oidc',
  'ssh',
  'tls',
  'uid',
  'uri',
  'url',
]);

/** `secretGeneration` is "Secret generation". Pure. */
export function inWords(name: string): string {
  const words = name
    .replaceAll('_', ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(' ')
    .map((word) => (ACRONYMS.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase()))
    .join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

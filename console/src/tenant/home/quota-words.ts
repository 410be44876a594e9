/** What a quota limits, in the person's words; what nobody named is called as the API calls it. Pure. */
import type { TextId } from '../../texts/en.ts';
import type { Say } from '../../texts/texts.ts';

/** Of QUOTA_RESOURCES in src/services/tenancy/quota.ts. */
const WORDS: Readonly<Record<string, TextId>> = {
  cpu: 'proof.home.quotas.cpu',
  forwards: 'kind.forwards',
  instances: 'kind.instances',
  memory: 'proof.home.quotas.memory',
  networks: 'kind.networks',
  snapshots: 'proof.home.quotas.snapshots',
  storage: 'proof.home.quotas.storage',
  volumes: 'kind.volumes',
};
const COUNT = /^count\/(?<plural>[a-z][a-z0-9-]*)/;

export function quotaText(
  what: string,
  say: Say,
  kinds: (resource: { readonly plural: string; readonly kind: string }) => string,
): string {
  const word = WORDS[what];
  if (word !== undefined) return say(word);
  const plural = COUNT.exec(what)?.groups?.plural;
  return plural === undefined ? what : kinds({ plural, kind: what });
}

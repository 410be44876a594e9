/** What guarded transitions are called, and where the objects are that they change. Pure. */

import { BUNDLE_IMPORTS, BUNDLE_TRUSTS, ORGANIZATIONS, RELEASES } from '../parts/kind.ts';
import type { TextId } from '../texts/en.ts';
import type { Say } from '../texts/texts.ts';
import type { Request } from './requests.ts';

const KNOWN: Readonly<Record<string, TextId>> = {
  publish: 'consent.transition.publish',
  retire: 'consent.transition.retire',
  trust: 'consent.transition.trust',
  apply: 'consent.transition.apply',
  rollback: 'consent.transition.rollback',
  delete: 'consent.transition.delete',
  change: 'consent.transition.change',
  remove: 'consent.transition.remove',
};

/** Of a kind that this console does not know by heart: its own word. */
export const transitionText = (transition: string, say: Say): string => {
  const known = Object.hasOwn(KNOWN, transition) ? KNOWN[transition] : undefined;
  return known === undefined ? transition : say(known);
};

export function targetPath({ resource, namespace, name }: Request['spec']['target']): string {
  const last = encodeURIComponent(name);
  if (resource === BUNDLE_IMPORTS) return `/bundles/${last}`;
  if (resource === BUNDLE_TRUSTS) return '/bundle-trust';
  if (resource === RELEASES) return `/releases/${last}`;
  if (resource === ORGANIZATIONS) return `/organizations/${last}`;
  return `/resources/${resource}/${namespace === undefined ? '' : `${namespace}/`}${last}`;
}

/** What a leaf is about, in a few words. Pure. */
import type { WholeLeaf } from '../../../src/kernel/log/personal.ts';
import { pairText } from '../texts/pair.ts';
import type { Say } from '../texts/texts.ts';

export interface LeafWords {
  readonly who: string;
  readonly what: string;
  /** `instances.compute.casemate.internal/shop/web`. */
  readonly object: string;
  /** Of changes: what they came through; of accesses: what was decided. */
  readonly through: string;
}

const objectOf = (leaf: { readonly resource: string; readonly namespace?: string; readonly name?: string }) =>
  [leaf.resource, leaf.namespace, leaf.name].filter((part) => part !== undefined).join('/');

/** Cases of a message have no hyphens. */
export const caseOf = (word: string): string => word.replaceAll('-', '_');

export const verbText = (verb: string, say: Say): string =>
  say('proof.verb', { verb: caseOf(verb), word: verb });

export function leafWords(leaf: WholeLeaf, say: Say): LeafWords {
  const nobody = { who: '', through: '' };
  switch (leaf.type) {
    case 'genesis':
      return { ...nobody, what: say('proof.leaf.genesis'), object: leaf.origin };
    case 'key':
      return { ...nobody, what: say('proof.leaf.key'), object: leaf.vkey };
    case 'checkpoint':
      return {
        ...nobody,
        what: say('proof.leaf.checkpoint'),
        object: leaf.checkpoint.split('\n', 2).join(' · '),
      };
    case 'change':
      return {
        who: leaf.actor ?? say('proof.erased'),
        what: verbText(leaf.verb, say),
        object: objectOf(leaf),
        through: leaf.via,
      };
    case 'access':
      return {
        who: leaf.actor ?? say('proof.erased'),
        what: verbText(leaf.verb, say),
        object: objectOf(leaf),
        through: pairText(say, say('proof.decided', { decision: leaf.decision }), leaf.reason),
      };
    case 'erasure':
      return {
        who: leaf.actor,
        what: say('proof.leaf.erasure'),
        object: `${leaf.from}–${leaf.to}`,
        through: leaf.reason,
      };
  }
}

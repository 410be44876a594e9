/**
 * Leaves by what they are about, found by the region and read here as any leaf: each is parsed, and held against the record beside it. The region finds; that it left
 * none out, only reading the whole log shows.
 */
import type { WholeLeaf } from '../../../src/kernel/log/personal.ts';
import { askJson } from '../api/client.ts';
import { utf8 } from './bytes.ts';
import { parseLeaf } from './leaves.ts';
import type { LogName } from './log-reader.ts';
import { type ReadLeaf, readLeaf } from './read-back.ts';

/** As `GET …/ledger/<log>/search` takes it. */
export interface LeafQuestion {
  readonly log: LogName;
  /** Who else answers it, the same way; undefined: the log itself. */
  readonly at?: string;
  readonly resource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly actor?: string | undefined;
  /** RFC 3339. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** The newest leaf to look at; undefined: the newest there is. */
  readonly from?: number | undefined;
  /** The oldest. */
  readonly to?: number | undefined;
  readonly limit?: number;
}

export interface LeavesFound {
  /** Newest first. */
  readonly leaves: readonly ReadLeaf[];
  /** Where to go on; undefined: there is nothing before. */
  readonly next: number | undefined;
  /** Leaves of this kind and project of which it was erased whose they are. */
  readonly erased: number;
}

interface Answer {
  readonly items: readonly { readonly index: number; readonly leaf: string; readonly personal?: unknown }[];
  readonly next?: number;
  readonly erased: number;
}

/** Requests that one look makes while little is found. */
const REQUESTS_MAX = 8;

const fits = (leaf: WholeLeaf, { resource, namespace, name }: LeafQuestion): boolean =>
  (leaf.type === 'change' || leaf.type === 'access') &&
  (resource === undefined || leaf.resource === resource || leaf.resource.startsWith(`${resource}/`)) &&
  leaf.namespace === namespace &&
  (name === undefined || leaf.name === name);

async function searchOnce(question: LeafQuestion): Promise<LeavesFound> {
  const { log, at = `/ledger/${log}/search`, ...asked } = question;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, `${value}`);
  const { items, next, erased } = await askJson<Answer>(`${at}?${query}`);
  const leaves = await Promise.all(
    items.map(({ index, leaf, personal }) => {
      const bytes = utf8(leaf);
      return readLeaf(bytes, parseLeaf(bytes, index), personal);
    }),
  );
  // What the region finds is believed no more than what it says.
  return {
    leaves: leaves.filter(({ leaf, isRecordFalse }) => isRecordFalse || fits(leaf, question)),
    next,
    erased,
  };
}

/** Goes on until there are `wanted`, or nothing before, or it was long enough for one look. */
export async function searchLeaves(question: LeafQuestion, wanted = 1): Promise<LeavesFound> {
  const leaves: ReadLeaf[] = [];
  let erased = 0;
  let next = question.from;
  for (let asked = 0; asked < REQUESTS_MAX; asked++) {
    const found = await searchOnce({ ...question, from: next });
    leaves.push(...found.leaves);
    erased += found.erased;
    next = found.next;
    if (next === undefined || leaves.length >= wanted) break;
  }
  return { leaves, next, erased };
}

/**
 * What a list or a watch may ask for together, with the rules of Kubernetes. Pure. Which combinations contradict themselves is
 * answered as Kubernetes does, by 422 Invalid about `ListOptions.meta.k8s.io`: clients go by that when they fall back.
 */
import { invalid, type StatusCause } from '../errors.ts';
import { bad, parseBoolean, parseCount, parseRevision } from './query.ts';

export interface ListStart {
  /** 0 stands for any; undefined: as fresh as can be. */
  readonly revision: number | undefined;
  /** The list is of `revision` itself, and not of one that includes it. */
  readonly exact: boolean;
  /** The token of the page before, as the client gave it. */
  readonly continue: string | undefined;
  /** Objects in this page. */
  readonly limit: number;
}

export interface WatchStart {
  /** Undefined: from now. */
  readonly afterRevision: number | undefined;
  /** Objects that there are already come first, as ADDED. */
  readonly initialState: boolean;
  /** They end with a bookmark that says so: WatchList. */
  readonly initialEventsEnd: boolean;
  /** The initial state must include this revision. */
  readonly notOlderThan: number | undefined;
  readonly bookmarks: boolean;
}

const forbidden = (field: string, message: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${message}`,
});

function refuse(causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, causes);
}

const MATCH = 'resourceVersionMatch';
const matchOf = (query: URLSearchParams) => query.get(MATCH) || undefined;
const continueOf = (query: URLSearchParams) => query.get('continue') || undefined;

function matchCauses(query: URLSearchParams, supported: readonly string[]): StatusCause[] {
  const match = matchOf(query);
  if (match === undefined) return [];
  const causes: StatusCause[] = [];
  if (continueOf(query) !== undefined) {
    causes.push(forbidden(MATCH, 'cannot be given together with continue, which says where the list began'));
  }
  if (!supported.includes(match)) {
    causes.push({
      reason: 'FieldValueNotSupported',
      field: MATCH,
      message: `Unsupported value: ${JSON.stringify(match)}: use ${supported.join(' or ')}`,
    });
  }
  return causes;
}

/** Reads where a list begins. Throws 400 for a value that is none, and 422 for values that contradict each other. */
export function parseListStart(query: URLSearchParams): ListStart {
  const revision = parseRevision(query);
  const limit = parseCount(query, 'limit') || Number.POSITIVE_INFINITY;
  parseBoolean(query, 'sendInitialEvents');
  const match = matchOf(query);
  const token = continueOf(query);
  const causes = matchCauses(query, ['Exact', 'NotOlderThan']);
  if (match !== undefined && revision === undefined) causes.push(forbidden(MATCH, 'needs resourceVersion'));
  if (match === 'Exact' && revision === 0) {
    causes.push(forbidden(MATCH, 'Exact cannot be given with resourceVersion 0'));
  }
  if (query.has('sendInitialEvents')) causes.push(forbidden('sendInitialEvents', 'is for a watch only'));
  refuse(causes);
  if (token !== undefined && revision !== undefined && revision !== 0) {
    throw bad('resourceVersion', 'cannot be given together with continue, which carries its own');
  }
  return {
    revision: token === undefined ? revision : undefined,
    // A first page of a revision, without a word on how: that very revision, as clients of before `resourceVersionMatch` mean it.
    exact:
      match === 'Exact' ||
      (match === undefined &&
        token === undefined &&
        limit !== Number.POSITIVE_INFINITY &&
        (revision ?? 0) > 0),
    continue: token,
    limit,
  };
}

/** Reads where a watch begins. Throws 400 for a value that is none, and 422 for values that contradict each other. */
export function parseWatchStart(query: URLSearchParams): WatchStart {
  const revision = parseRevision(query);
  // Known, and of no use to a watch; still no place for nonsense.
  parseCount(query, 'limit');
  const bookmarks = parseBoolean(query, 'allowWatchBookmarks');
  const wanted = query.has('sendInitialEvents') ? parseBoolean(query, 'sendInitialEvents') : undefined;
  const match = matchOf(query);
  const causes = matchCauses(query, ['NotOlderThan']);
  if (wanted !== undefined && match !== 'NotOlderThan') {
    causes.push(forbidden(MATCH, 'must be NotOlderThan with sendInitialEvents'));
  }
  if (wanted === undefined && match !== undefined) {
    causes.push(forbidden(MATCH, 'of a watch needs sendInitialEvents'));
  }
  refuse(causes);
  const fromAny = revision === undefined || revision === 0;
  // Who says nothing, and knows nothing yet, gets the state as well.
  const initialState = wanted ?? fromAny;
  return {
    afterRevision: initialState || fromAny ? undefined : revision,
    initialState,
    initialEventsEnd: wanted === true && bookmarks,
    notOlderThan: revision,
    bookmarks,
  };
}

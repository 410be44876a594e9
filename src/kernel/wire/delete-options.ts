/**
 * Delete options, from the body or else from the query, as Kubernetes takes them.
 */
import { badRequest, invalid } from '../errors.ts';
import type { DeleteOptions } from '../realm.ts';
import { parseObjectBody } from './body.ts';
import { isObject } from './json-value.ts';
import { parseBoolean, parseCount, parseDryRun, unsupported } from './query.ts';
import type { WireRequest } from './request.ts';

export interface DeleteRequest {
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** `orphan` is what `orphanDependents`, the older way to say it, holds. */
function policyOf(value: unknown, orphan: boolean | undefined): DeleteOptions['propagationPolicy'] {
  if (value === undefined || value === null || value === '') {
    return orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background';
  }
  if (orphan !== undefined) {
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, [
      {
        reason: 'FieldValueInvalid',
        field: 'propagationPolicy',
        message: 'cannot be given together with orphanDependents, which it replaces',
      },
    ]);
  }
  const policy = POLICIES.find((candidate) => candidate === value);
  if (policy === undefined) throw unsupported('DeleteOptions', 'propagationPolicy', value, POLICIES);
  return policy;
}

function compact(options: { [K in keyof DeleteOptions]: DeleteOptions[K] | undefined }): DeleteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Reads the options of a delete. Throws 400 for what is malformed. */
export async function readDeleteRequest(request: WireRequest): Promise<DeleteRequest> {
  const bytes = await request.body();
  if (bytes.length > 0) {
    const body = parseObjectBody(bytes, request.contentType);
    if (body.kind !== undefined && body.kind !== 'DeleteOptions') {
      throw badRequest(`the body of a delete is DeleteOptions, not ${JSON.stringify(body.kind)}`);
    }
    return fromBody(body);
  }
  const { query } = request;
  const orphan = query.has('orphanDependents') ? parseBoolean(query, 'orphanDependents') : undefined;
  return {
    dryRun: parseDryRun(query.getAll('dryRun'), 'DeleteOptions'),
    options: compact({
      propagationPolicy: policyOf(query.get('propagationPolicy'), orphan),
      gracePeriodSeconds: parseCount(query, 'gracePeriodSeconds'),
      preconditions: undefined,
    }),
  };
}

function fromBody(body: Record<string, unknown>): DeleteRequest {
  const { gracePeriodSeconds, preconditions, dryRun, orphanDependents } = body;
  const grace = gracePeriodSeconds ?? undefined;
  if (grace !== undefined && (typeof grace !== 'number' || !Number.isSafeInteger(grace) || grace < 0)) {
    throw badRequest('gracePeriodSeconds: must be a whole number from 0');
  }
  if (orphanDependents !== undefined && orphanDependents !== null && typeof orphanDependents !== 'boolean') {
    throw badRequest('orphanDependents: must be true or false; better say propagationPolicy');
  }
  const stages = dryRun ?? [];
  if (!Array.isArray(stages) || !stages.every((stage) => typeof stage === 'string')) {
    throw badRequest('dryRun: must be a list of strings; the only value is All');
  }
  return {
    dryRun: parseDryRun(stages, 'DeleteOptions'),
    options: compact({
      propagationPolicy: policyOf(body.propagationPolicy, orphanDependents ?? undefined),
      gracePeriodSeconds: grace,
      preconditions: preconditionsOf(preconditions),
    }),
  };
}

function preconditionsOf(value: unknown): DeleteOptions['preconditions'] {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw badRequest('preconditions: must be an object with uid or resourceVersion');
  const { uid, resourceVersion } = value;
  for (const [name, text] of Object.entries({ uid, resourceVersion })) {
    if (text !== undefined && text !== null && typeof text !== 'string') {
      throw badRequest(`preconditions.${name}: must be a string`);
    }
  }
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

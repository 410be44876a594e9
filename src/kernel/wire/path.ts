/**
 * What a URL path asks for. Pure: knows the shape of the Kubernetes API, no kind and no realm that exists.
 */
import { organizationRealm, REGION, type RealmId } from '../realm-id.ts';

export interface ResourceTarget {
  readonly type: 'resource';
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export type Target =
  | ResourceTarget
  | { readonly type: 'root' | 'version' | 'api' | 'apis' | 'openapi-v2' | 'openapi-v3' | 'unknown' }
  | { readonly type: 'health'; readonly probe: 'readyz' | 'livez' | 'healthz' }
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'group-version' | 'openapi-v3-group'; readonly group: string; readonly version: string }
  | { readonly type: 'ledger'; readonly log: string; readonly path: string }
  /** Nothing of the API's: perhaps a service's own protocol. */
  | { readonly type: 'other'; readonly segment: string };

export interface ParsedPath {
  readonly realm: RealmId;
  /** '' for the region, `/orgs/<org>` for an organization: what absolute paths in answers start with. */
  readonly prefix: string;
  readonly target: Target;
}

/** An organization's name is a DNS label. */
const ORGANIZATION_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

const SEGMENTS_MAX = 32;

/** Subresources of `v1 Namespace` itself; anything else after a namespace's name is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/**
 * Parses a path without its query. Undefined when it cannot name anything: bad escapes, empty or dotted
 * segments, or an organization's name that no organization can have.
 */
export function parsePath(pathname: string): ParsedPath | undefined {
  const segments: string[] = [];
  const isEscaped = pathname.includes('%');
  for (const raw of pathname.replace(/^\//, '').replace(/\/$/, '').split('/')) {
    let segment: string;
    try {
      segment = isEscaped ? decodeURIComponent(raw) : raw;
    } catch {
      return undefined;
    }
    if (segment === '.' || segment === '..' || segment.includes('\0')) return undefined;
    segments.push(segment);
    if (segments.length > SEGMENTS_MAX) return undefined;
  }
  if (segments.length === 1 && segments[0] === '') {
    return { realm: REGION, prefix: '', target: { type: 'root' } };
  }
  if (segments.includes('')) return undefined;
  if (segments[0] !== 'orgs') return { realm: REGION, prefix: '', target: parseTarget(segments) };
  const organization = segments[1];
  if (organization === undefined || !ORGANIZATION_NAME.test(organization)) return undefined;
  const realm = organizationRealm(organization);
  return { realm, prefix: realm, target: parseTarget(segments.slice(2)) };
}

function parseTarget(segments: readonly string[]): Target {
  const [first, second, third, ...rest] = segments;
  switch (first) {
    case undefined:
      return { type: 'root' };
    case 'readyz':
    case 'livez':
    case 'healthz':
      return { type: 'health', probe: first };
    case 'version':
      return { type: segments.length === 1 ? 'version' : 'unknown' };
    case 'api':
      if (second === undefined) return { type: 'api' };
      if (third === undefined) return { type: 'group-version', group: '', version: second };
      return parseResource('', second, segments.slice(2));
    case 'apis': {
      if (second === undefined) return { type: 'apis' };
      if (third === undefined) return { type: 'group', group: second };
      if (rest.length === 0) return { type: 'group-version', group: second, version: third };
      return parseResource(second, third, rest);
    }
    case 'openapi':
      return parseOpenApi(segments.slice(1));
    case 'ledger':
      return second === undefined
        ? { type: 'unknown' }
        : { type: 'ledger', log: second, path: segments.slice(2).join('/') };
    default:
      return { type: 'other', segment: first };
  }
}

function parseOpenApi(segments: readonly string[]): Target {
  const [format, root, ...rest] = segments;
  if (format === 'v2' && root === undefined) return { type: 'openapi-v2' };
  if (format !== 'v3') return { type: 'unknown' };
  if (root === undefined) return { type: 'openapi-v3' };
  const [first, second, third] = rest;
  if (root === 'api' && first !== undefined && second === undefined) {
    return { type: 'openapi-v3-group', group: '', version: first };
  }
  if (root === 'apis' && first !== undefined && second !== undefined && third === undefined) {
    return { type: 'openapi-v3-group', group: first, version: second };
  }
  return { type: 'unknown' };
}

function parseResource(group: string, version: string, segments: readonly string[]): Target {
  const [first, second, third] = segments;
  if (first === undefined) return { type: 'unknown' };
  const inNamespace =
    first === 'namespaces' &&
    second !== undefined &&
    third !== undefined &&
    !(group === '' && segments.length === 3 && NAMESPACE_SUBRESOURCES.has(third));
  const [plural, name, subresource, ...more] = inNamespace ? segments.slice(2) : segments;
  if (plural === undefined || more.length > 0) return { type: 'unknown' };
  return {
    type: 'resource',
    group,
    version,
    plural,
    ...(inNamespace ? { namespace: second } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

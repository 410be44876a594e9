/**
 * Answers that tell what the server is: health, version, discovery, OpenAPI. For anyone who is authenticated, and health for anyone.
 */
import { StatusError } from '../errors.ts';
import { type RealmType, realmType } from '../realm-id.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import {
  type AggregatedVersion,
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from './discovery.ts';
import { JSON_TYPE, parseAccept } from './media-type.ts';
import type { OpenApiDocument } from './openapi.ts';
import type { Wire } from './options.ts';
import type { Target } from './path.ts';
import type { Answer, WireRequest } from './request.ts';

/** The Kubernetes API level that clients may expect here. */
const KUBERNETES = { major: '1', minor: '33', version: 'v1.33.0' } as const;

const noSuchPath = () =>
  new StatusError(
    'NotFound',
    'the server could not find the requested resource; /apis and /api/v1 list what there is',
  );

/** `/readyz`, `/livez`, `/healthz`. Says nothing about organizations. */
export async function healthAnswer(wire: Wire, probe: 'readyz' | 'livez' | 'healthz'): Promise<Answer> {
  if (probe === 'livez') return textAnswer('ok');
  if (wire.closing.aborted) return textAnswer('the server is closing\n', 503);
  const { ready, reason } = (await wire.ready?.()) ?? { ready: true };
  return ready ? textAnswer('ok') : textAnswer(`${reason ?? 'not ready'}\n`, 503);
}

/** Discovery, OpenAPI and version; undefined when the target is none of them. Throws 404, 405, 406. */
export function documentAnswer(wire: Wire, request: WireRequest, prefix: string, target: Target): Answer {
  if (request.method !== 'GET') {
    throw new StatusError('MethodNotAllowed', `${request.method} is not allowed here; GET is`);
  }
  const realm = realmType(request.realm);
  const { catalogue, openapi } = wire;
  switch (target.type) {
    case 'root':
      return jsonAnswer({ paths: rootPaths(wire, realm, prefix) });
    case 'version':
      return jsonAnswer(versionOf(wire));
    case 'api':
      return aggregated(wire, request, realm, 'core') ?? jsonAnswer(apiVersions());
    case 'apis':
      return aggregated(wire, request, realm, 'named') ?? jsonAnswer(apiGroupList(catalogue, realm));
    case 'group':
      return found(apiGroup(catalogue, realm, target.group));
    case 'group-version':
      return found(apiResourceList(catalogue, realm, target));
    case 'openapi-v2':
      return openApiV2(wire, request, realm);
    case 'openapi-v3':
      return jsonAnswer(openapi.index(realm, prefix));
    case 'openapi-v3-group': {
      const document = openapi.v3(realm, target);
      if (document === undefined) throw noSuchPath();
      const cached = request.query.get('hash') === document.hash;
      return openApiAnswer(document, cached ? 'private, max-age=86400, immutable' : undefined);
    }
    default:
      throw noSuchPath();
  }
}

function found(document: unknown): Answer {
  if (document === undefined) throw noSuchPath();
  return jsonAnswer(document);
}

const AGGREGATED: readonly AggregatedVersion[] = ['v2', 'v2beta1'];

/** The aggregated form when the client prefers it. Its Content-Type is the exact string that clients compare with. */
function aggregated(
  wire: Wire,
  request: WireRequest,
  realm: RealmType,
  part: 'core' | 'named',
): Answer | undefined {
  for (const { type, parameters } of parseAccept(request.accept)) {
    if (type !== JSON_TYPE && type !== '*/*' && type !== 'application/*') continue;
    if (parameters.get('as') === undefined) return undefined;
    const version = AGGREGATED.find((candidate) => candidate === parameters.get('v'));
    if (parameters.get('as') !== 'APIGroupDiscoveryList' || parameters.get('g') !== 'apidiscovery.k8s.io')
      continue;
    if (version === undefined) continue;
    const answer = jsonAnswer(aggregatedDiscovery(wire.catalogue, realm, part, version));
    if (answer.type !== 'bytes') return answer;
    return {
      ...answer,
      contentType: `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    };
  }
  return undefined;
}

function openApiAnswer(document: OpenApiDocument, cacheControl?: string): Answer {
  return {
    type: 'bytes',
    code: 200,
    contentType: JSON_TYPE,
    body: document.bytes,
    headers: { ETag: `"${document.hash}"`, ...(cacheControl ? { 'Cache-Control': cacheControl } : {}) },
  };
}

/** Clients ask for `…v2@v1.0+protobuf`, which is no valid media type; this is what Kubernetes answers with. */
const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * As JSON in full. As protobuf, which kubectl up to 1.28 insists on, a document that says nothing of any kind: then those clients
 * leave validation to the server and take OpenAPI v3 for the rest.
 */
function openApiV2(wire: Wire, request: WireRequest, realm: RealmType): Answer {
  for (const { type } of parseAccept(request.accept)) {
    if (type === JSON_TYPE || type === '*/*' || type === 'application/*') {
      return openApiAnswer(wire.openapi.v2(realm));
    }
    if (type.startsWith('application/com.github.proto-openapi.spec.v2')) {
      return { type: 'bytes', code: 200, contentType: OPENAPI_V2_PROTOBUF, body: EMPTY_OPENAPI_V2 };
    }
  }
  throw new StatusError(
    'NotAcceptable',
    `/openapi/v2 is given as ${JSON_TYPE}; /openapi/v3 is the better document`,
  );
}

/** Field 1, `swagger`: "2.0". */
const EMPTY_OPENAPI_V2 = Buffer.from('\x0a\x032.0', 'latin1');

function versionOf({ version }: Wire) {
  return {
    major: KUBERNETES.major,
    minor: KUBERNETES.minor,
    gitVersion: `${KUBERNETES.version}+casemate-${version.casemate}`,
    gitCommit: version.commit ?? '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch}`,
    ...(version.keys === undefined ? {} : { keys: version.keys }),
  };
}

function rootPaths(wire: Wire, realm: RealmType, prefix: string): string[] {
  const groupVersions = wire.catalogue
    .groupVersions(realm)
    .map(({ group, version }) => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`));
  return [
    '/api',
    '/apis',
    ...groupVersions,
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ]
    .sort()
    .map((path) => `${prefix}${path}`);
}

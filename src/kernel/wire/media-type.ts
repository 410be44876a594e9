/**
 * Content negotiation as Kubernetes clients speak it: `application/json;as=Table;v=v1;g=meta.k8s.io,application/json`.
 * Answers carry bare types (`application/json`, no charset), because client-go 0.27 compares them as exact strings.
 */
import { StatusError } from '../errors.ts';

export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `Object` is the resource itself (or its list). */
export type Shape = 'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

export interface Representation {
  readonly encoding: 'json' | 'yaml';
  readonly shape: Shape;
  /** The version of meta.k8s.io asked for, for shapes other than Object. */
  readonly version: 'v1' | 'v1beta1';
}

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';

const MEDIA_CLAUSES_MAX = 20;

/** Parses one media type with its parameters; names and values are kept in lower case only for the type. */
export function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';');
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const [name = '', value = ''] = part.split('=', 2);
    parameters.set(name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1'));
  }
  return { type: type.trim().toLowerCase(), parameters };
}

/** The clauses of an Accept header, best first (stable for equal quality). A missing header accepts anything. */
export function parseAccept(header: string | undefined): MediaType[] {
  if (header === undefined || header.trim() === '') return [parseMediaType('*/*')];
  const quality = (media: MediaType) => {
    const value = Number(media.parameters.get('q') ?? '1');
    return Number.isFinite(value) ? value : 0;
  };
  return header
    .split(',')
    .slice(0, MEDIA_CLAUSES_MAX)
    .map(parseMediaType)
    .filter((media) => quality(media) > 0)
    .sort((a, b) => quality(b) - quality(a));
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  switch (type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return 'json';
    case 'application/yaml':
    case 'application/x-yaml':
      return 'yaml';
    default:
      return undefined;
  }
}

const PLAIN: Representation = { encoding: 'json', shape: 'Object', version: 'v1' };

/**
 * Chooses the representation of an answer. `shapes` are what the operation can give besides the object itself.
 * Throws 406 NotAcceptable when nothing fits.
 */
export function negotiate(header: string | undefined, shapes: readonly Shape[]): Representation {
  if (header === undefined || header === JSON_TYPE || header === '*/*') return PLAIN;
  for (const media of parseAccept(header)) {
    const encoding = encodingOf(media.type);
    if (encoding === undefined) continue;
    const as = media.parameters.get('as');
    if (as === undefined || as === '') return { encoding, shape: 'Object', version: 'v1' };
    const version = media.parameters.get('v');
    const shape = shapes.find((candidate) => candidate === as);
    if (shape === undefined || media.parameters.get('g') !== 'meta.k8s.io') continue;
    if (version !== 'v1' && version !== 'v1beta1') continue;
    return { encoding, shape, version };
  }
  throw new StatusError(
    'NotAcceptable',
    `none of the types in Accept can be given; accept ${[JSON_TYPE, YAML_TYPE].join(' or ')}${
      shapes.length === 0 ? '' : `, or ${JSON_TYPE};as=<${shapes.join('|')}>;v=v1;g=meta.k8s.io`
    }`,
  );
}

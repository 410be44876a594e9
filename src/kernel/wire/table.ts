/**
 * Objects as rows of `meta.k8s.io Table`, which is how `kubectl get` prints them. Pure.
 */
import { badRequest } from '../errors.ts';
import type { Column, Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { Entry } from '../realm.ts';
import { parseFieldPath, valueAt } from './field-path.ts';
import { humanDuration } from './human-duration.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

type Cell = string | number | boolean | null;

interface CompiledColumn {
  readonly definition: {
    readonly name: string;
    readonly type: string;
    readonly format: string;
    readonly description: string;
    readonly priority: number;
  };
  cell(object: KubeObject, now_ms: number): Cell;
}

export interface TableOptions {
  readonly version: 'v1' | 'v1beta1';
  readonly includeObject: IncludeObject;
  readonly now_ms: number;
}

const NAME_COLUMN: CompiledColumn = {
  definition: {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'Name of the object: unique for its kind in its project.',
    priority: 0,
  },
  cell: (object) => object.metadata.name,
};

const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was created.',
  value: 'metadata.creationTimestamp',
};

const compiled = new WeakMap<Kind, readonly CompiledColumn[]>();

/** Name first and Age last, whatever the kind declares between. */
function columnsOf(kind: Kind): readonly CompiledColumn[] {
  let columns = compiled.get(kind);
  if (columns === undefined) {
    const own = (kind.columns ?? []).filter((column) => column.name.toLowerCase() !== 'name');
    const age = own.some((column) => column.name.toLowerCase() === 'age') ? [] : [AGE_COLUMN];
    columns = [NAME_COLUMN, ...[...own, ...age].map(compile)];
    compiled.set(kind, columns);
  }
  return columns;
}

function compile(column: Column): CompiledColumn {
  const { value } = column;
  const steps = typeof value === 'string' ? (parseFieldPath(value.replace(/^\./, '')) ?? []) : [];
  const read = typeof value === 'string' ? (object: KubeObject) => valueAt(object, steps) : value;
  return {
    definition: {
      name: column.name,
      // A date is printed as an age by the server, as Kubernetes does, so the cell is text.
      type: column.type === 'date' ? 'string' : column.type,
      format: '',
      description: column.description,
      priority: column.priority ?? 0,
    },
    cell: (object, now_ms) => toCell(read(object), column.type, now_ms),
  };
}

function toCell(value: unknown, type: Column['type'], now_ms: number): Cell {
  if (value === undefined || value === null) return type === 'date' ? '<unknown>' : '';
  if (type === 'date') {
    const time_ms = Date.parse(String(value));
    return Number.isNaN(time_ms) ? '<invalid>' : humanDuration(now_ms - time_ms);
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

export function parseIncludeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  switch (value) {
    case null:
    case '':
      return 'Metadata';
    case 'None':
    case 'Metadata':
    case 'Object':
      return value;
    default:
      throw badRequest(`includeObject: "${value}" is not supported; use None, Metadata or Object`);
  }
}

/** The object as `PartialObjectMetadata`. */
export function partialMetadata(object: KubeObject, version: 'v1' | 'v1beta1') {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** A `Table` of entries. `metadata` is the list's (or holds the one object's resourceVersion). */
export function tableOf(
  kind: Kind,
  entries: readonly Entry[],
  metadata: object,
  options: TableOptions,
  withColumns = true,
) {
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: withColumns ? columns.map(({ definition }) => definition) : [],
    rows: entries.map((entry) => {
      const object = entry.object();
      return {
        cells: columns.map((column) => column.cell(object, options.now_ms)),
        object:
          options.includeObject === 'Object'
            ? object
            : options.includeObject === 'Metadata'
              ? partialMetadata(object, options.version)
              : null,
      };
    }),
  };
}

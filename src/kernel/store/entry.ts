/**
 * An object as the store holds it in memory: its JSON once, and beside it only what indexes and selectors need.
 */
import type { Kind } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { Entry } from '../realm.ts';
import { keptBytes, keptText } from './entry-bytes.ts';

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});
const NO_OWNERS: readonly string[] = Object.freeze([]);

export class ObjectEntry implements Entry {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Uids that the object's owner references name. */
  readonly owners: readonly string[];
  readonly bytes: Buffer;
  // Many readers of one object share one parse, for as long as the collector lets them.
  #parsed: WeakRef<KubeObject> | undefined;

  private constructor(kind: Kind, object: KubeObject, bytes: Buffer) {
    const { metadata } = object;
    this.kind = kind;
    this.namespace = metadata.namespace;
    this.name = metadata.name;
    this.uid = metadata.uid;
    this.revision = Number(metadata.resourceVersion);
    this.labels = metadata.labels ?? NO_LABELS;
    this.owners = metadata.ownerReferences?.map((owner) => owner.uid) ?? NO_OWNERS;
    this.bytes = bytes;
  }

  /** Takes a complete object, `resourceVersion` included, and serializes it. */
  static of(kind: Kind, object: KubeObject): ObjectEntry {
    return new ObjectEntry(kind, object, keptText(JSON.stringify(object)));
  }

  /** Takes an object as it was stored. */
  static parse(kind: Kind, bytes: Uint8Array): ObjectEntry {
    const buffer = keptBytes(bytes);
    return new ObjectEntry(kind, JSON.parse(buffer.toString('utf8')), buffer);
  }

  /** Frozen all the way down: it is shared. */
  object(): KubeObject {
    const known = this.#parsed?.deref();
    if (known) return known;
    const parsed: KubeObject = deepFreeze(JSON.parse(this.bytes.toString('utf8')));
    this.#parsed = new WeakRef(parsed);
    return parsed;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

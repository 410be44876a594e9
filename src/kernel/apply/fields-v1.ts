/**
 * Field sets in Kubernetes' FieldsV1: `{"f:spec":{".":{},"f:size":{}}}`. A node without children is a member; with children it
 * says so by `.`. Pure.
 */
import { isRecord } from '../schema/field-path.ts';
import { type FieldNode, type FieldSet, put } from './field-set.ts';
import { type PathElement, parseElement } from './path-element.ts';

/** Levels of a field set from outside: an object nests no deeper than its own bound. */
const DEPTH_MAX = 64;

export type FieldsV1 = { [element: string]: FieldsV1 };

export function encodeFields(set: FieldSet): FieldsV1 {
  const sorted = [...set].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([element, node]) => [element, encodeNode(node)]));
}

function encodeNode({ member, children }: FieldNode): FieldsV1 {
  return member && children.size > 0 ? { '.': {}, ...encodeFields(children) } : encodeFields(children);
}

/** Gives a reason in words when it is not FieldsV1. */
export function decodeFields(value: unknown): FieldSet | { readonly wrong: string } {
  try {
    return decodeLevel(value, 0);
  } catch (error) {
    if (error instanceof Malformed) return { wrong: error.message };
    throw error;
  }
}

class Malformed extends Error {}

function decodeLevel(value: unknown, depth: number): FieldSet {
  if (!isRecord(value)) throw new Malformed('must be an object at every level');
  if (depth > DEPTH_MAX) throw new Malformed(`is nested deeper than ${DEPTH_MAX} levels`);
  const set = new Map<PathElement, FieldNode>();
  for (const [text, below] of Object.entries(value)) {
    if (text === '.') continue;
    const element = parseElement(text);
    if (element === undefined) {
      throw new Malformed(
        `${JSON.stringify(text.slice(0, 100))} is none of f:<name>, k:{…}, v:<value>, i:<index>`,
      );
    }
    const children = decodeLevel(below, depth + 1);
    put(set, element, children.size === 0 || Object.hasOwn(below as object, '.'), children);
  }
  return set;
}

/**
 * Sets of fields, as trees. A node is a member when its own path is in the set; what is under it is said apart, so that somebody may
 * own `.spec.size` and nobody `.spec`. Sets are never changed once made. Pure.
 */
import type { PathElement } from './path-element.ts';

export type FieldSet = ReadonlyMap<PathElement, FieldNode>;

export interface FieldNode {
  readonly member: boolean;
  readonly children: FieldSet;
}

export const EMPTY: FieldSet = new Map();
const ABSENT: FieldNode = { member: false, children: EMPTY };

export const union = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA || inB);

/** What is in both. */
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && inB);

/** What is in `a` and not in `b`, path by path: taking out `.spec` leaves `.spec.size`. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && !inB);

function combine(a: FieldSet, b: FieldSet, keep: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const result = new Map<PathElement, FieldNode>();
  for (const element of new Set([...a.keys(), ...b.keys()])) {
    const left = a.get(element) ?? ABSENT;
    const right = b.get(element) ?? ABSENT;
    put(result, element, keep(left.member, right.member), combine(left.children, right.children, keep));
  }
  return result;
}

/** Adds a node to a set in the making, unless it says nothing. */
export function put(
  set: Map<PathElement, FieldNode>,
  element: PathElement,
  member: boolean,
  children: FieldSet,
): void {
  if (member || children.size > 0) set.set(element, { member, children });
}

export const isEmpty = (set: FieldSet): boolean => set.size === 0;

/** Whether both hold the same paths. */
export function sameFields(a: FieldSet, b: FieldSet): boolean {
  if (a.size !== b.size) return false;
  for (const [element, { member, children }] of a) {
    const other = b.get(element);
    if (other?.member !== member || !sameFields(children, other.children)) return false;
  }
  return true;
}

/** Every path in the set, a container before what is in it. */
export function* paths(set: FieldSet, above: readonly PathElement[] = []): Generator<readonly PathElement[]> {
  for (const [element, { member, children }] of set) {
    const path = [...above, element];
    if (member) yield path;
    yield* paths(children, path);
  }
}

export function has(set: FieldSet, path: readonly PathElement[]): boolean {
  let at: FieldNode = { member: false, children: set };
  for (const element of path) at = at.children.get(element) ?? ABSENT;
  return at.member;
}

/** Collects paths into a set. */
export class FieldSetBuilder {
  readonly #root = new Map<PathElement, MutableNode>();

  add(path: readonly PathElement[]): void {
    let level = this.#root;
    let node: MutableNode | undefined;
    for (const element of path) {
      node = level.get(element);
      if (!node) {
        node = { member: false, children: new Map() };
        level.set(element, node);
      }
      level = node.children;
    }
    if (node) node.member = true;
  }

  /** The set; nothing may be added afterwards. */
  get set(): FieldSet {
    return this.#root;
  }
}

interface MutableNode {
  member: boolean;
  readonly children: Map<PathElement, MutableNode>;
}

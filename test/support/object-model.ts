/** How one object of the API should behave, for `linearizability.ts`: a register with a version that every change raises. */
import type { Model, Operation } from './linearizability.ts';

/**
 * Values are unique: every write has one of its own. `on`: the version that it must have. `apply` is a server-side apply of the value by a
 * field manager, which makes the object when there is none.
 */
export type ObjectInput =
  | { readonly type: 'read' }
  | { readonly type: 'create'; readonly value: string }
  | { readonly type: 'replace'; readonly value: string; readonly on?: number }
  | { readonly type: 'apply'; readonly value: string; readonly manager: string; readonly force: boolean }
  | { readonly type: 'delete'; readonly on?: number };

export type ObjectOutput =
  | { readonly type: 'found'; readonly value: string; readonly version: number }
  | { readonly type: 'written'; readonly version: number }
  | { readonly type: 'deleted' }
  | { readonly type: 'absent' }
  | { readonly type: 'exists' }
  | { readonly type: 'conflict' };

export type ObjectOperation = Operation<ObjectInput, ObjectOutput>;

/**
 * `version` undefined: written by an operation nobody heard of again; the first who reads it learns the version. `applier`: the manager whose
 * apply the value is of; undefined when it was written otherwise, so that nobody may apply over it without force.
 */
type ObjectState =
  | {
      readonly value: string;
      readonly version: number | undefined;
      readonly applier: string | undefined;
      readonly past: number;
    }
  | { readonly value: undefined; readonly past: number };

/** Versions only grow, also over a deletion: `past` is the highest that is known. */
export const objectModel: Model<ObjectState, ObjectInput, ObjectOutput> = {
  initial: { value: undefined, past: 0 },
  key: (state) => JSON.stringify(state),
  step(state, input, output) {
    switch (input.type) {
      case 'read':
        return read(state, output);
      case 'create':
        if (state.value !== undefined) return output?.type === 'exists' ? state : undefined;
        return write(state, input.value, output);
      case 'replace':
        if (state.value === undefined) return output?.type === 'absent' ? state : undefined;
        return conflicts(state, input.on, output, () => write(state, input.value, output));
      case 'apply':
        if (state.value !== undefined && !input.force && state.applier !== input.manager)
          return output?.type === 'conflict' ? state : undefined;
        return write(state, input.value, output, input.manager);
      case 'delete':
        if (state.value === undefined) return output?.type === 'absent' ? state : undefined;
        return conflicts(state, input.on, output, () =>
          output === undefined || output.type === 'deleted'
            ? { value: undefined, past: state.past }
            : undefined,
        );
    }
  },
};

/** A change of what must be at the version `on`. Where the version is not known, both may be. */
function conflicts(
  state: Extract<ObjectState, { value: string }>,
  on: number | undefined,
  output: ObjectOutput | undefined,
  otherwise: () => ObjectState | undefined,
): ObjectState | undefined {
  if (on === undefined) return otherwise();
  const isOther = state.version !== undefined && on !== state.version;
  if (isOther) return output?.type === 'conflict' ? state : undefined;
  return output?.type === 'conflict' && state.version === undefined ? state : otherwise();
}

function read(state: ObjectState, output: ObjectOutput | undefined): ObjectState | undefined {
  if (output === undefined) return state;
  if (state.value === undefined) return output.type === 'absent' ? state : undefined;
  if (output.type !== 'found' || output.value !== state.value) return undefined;
  if (state.version !== undefined) return output.version === state.version ? state : undefined;
  return output.version > state.past
    ? { ...state, version: output.version, past: output.version }
    : undefined;
}

function write(
  state: ObjectState,
  value: string,
  output: ObjectOutput | undefined,
  applier?: string,
): ObjectState | undefined {
  if (output === undefined) return { value, version: undefined, applier, past: state.past };
  if (output.type !== 'written' || output.version <= state.past) return undefined;
  return { value, version: output.version, applier, past: output.version };
}

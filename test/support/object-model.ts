/** How one object of the API should behave, for `linearizability.ts`: a register with a version that every change raises. */
import type { Model, Operation } from './linearizability.ts';

/** Values are unique: every write has one of its own. */
export type ObjectInput =
  | { readonly type: 'read' }
  | { readonly type: 'create'; readonly value: string }
  /** `on`: the version that it must have. */
  | { readonly type: 'replace'; readonly value: string; readonly on?: number }
  | { readonly type: 'delete' };

export type ObjectOutput =
  | { readonly type: 'found'; readonly value: string; readonly version: number }
  | { readonly type: 'written'; readonly version: number }
  | { readonly type: 'deleted' }
  | { readonly type: 'absent' }
  | { readonly type: 'exists' }
  | { readonly type: 'conflict' };

export type ObjectOperation = Operation<ObjectInput, ObjectOutput>;

/** `version` undefined: written by an operation nobody heard of again; the first who reads it learns the version. */
type ObjectState =
  | { readonly value: string; readonly version: number | undefined; readonly past: number }
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
        if (input.on !== undefined && state.version !== undefined && input.on !== state.version) {
          return output?.type === 'conflict' ? state : undefined;
        }
        if (output?.type === 'conflict' && input.on !== undefined && state.version === undefined)
          return state;
        return write(state, input.value, output);
      case 'delete':
        if (state.value === undefined) return output?.type === 'absent' ? state : undefined;
        return output === undefined || output.type === 'deleted'
          ? { value: undefined, past: state.past }
          : undefined;
    }
  },
};

function read(state: ObjectState, output: ObjectOutput | undefined): ObjectState | undefined {
  if (output === undefined) return state;
  if (state.value === undefined) return output.type === 'absent' ? state : undefined;
  if (output.type !== 'found' || output.value !== state.value) return undefined;
  if (state.version !== undefined) return output.version === state.version ? state : undefined;
  return output.version > state.past
    ? { value: state.value, version: output.version, past: output.version }
    : undefined;
}

function write(state: ObjectState, value: string, output: ObjectOutput | undefined): ObjectState | undefined {
  if (output === undefined) return { value, version: undefined, past: state.past };
  if (output.type !== 'written' || output.version <= state.past) return undefined;
  return { value, version: output.version, past: output.version };
}

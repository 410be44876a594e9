/**
 * Decides whether a history of concurrent operations is linearizable: whether every operation can be taken to have happened at one moment
 * between its call and its return. The search is that of Wing and Gong, with states seen before left out as Lowe does. For tests only.
 */

export interface Operation<Input, Output> {
  /** Who did it, to be found again in a report. */
  readonly client: string;
  readonly input: Input;
  /** Undefined: nobody knows what came of it. It may have happened at any moment after its call, or never. */
  readonly output: Output | undefined;
  readonly called: number;
  /** Infinity when the output is not known. */
  readonly returned: number;
}

/** What a thing should do when operations come one by one. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The state after the operation; undefined when it could not have answered that in this state. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal for equal states. */
  key(state: State): string;
}

export type Verdict<Input, Output> =
  | { readonly isLinearizable: true }
  | {
      readonly isLinearizable: false;
      /** As many operations as could be put in an order, and those of which then none could come next. */
      readonly explained: readonly Operation<Input, Output>[];
      readonly stuck: readonly Operation<Input, Output>[];
    };

/** States to look at before giving up; far more than any history of ours needs. */
const STATES_MAX = 2_000_000;

interface Frame<State> {
  readonly state: State;
  readonly candidates: readonly number[];
  next: number;
}

/** Throws a RangeError when the history is too entangled to decide. */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): Verdict<Input, Output> {
  const operations = history.toSorted((a, b) => a.called - b.called);
  const done = new Array<boolean>(operations.length).fill(false);
  const open = operations.filter(({ output }) => output !== undefined).length;
  const seen = new Set<string>();
  const order: number[] = [];
  let best: { readonly order: readonly number[]; readonly stuck: readonly number[] } = {
    order: [],
    stuck: [],
  };
  let completed = 0;
  const frames: Frame<State>[] = [
    { state: model.initial, candidates: candidatesOf(operations, done), next: 0 },
  ];
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    if (completed === open) return { isLinearizable: true };
    const index = frame.candidates[frame.next];
    frame.next += 1;
    if (index === undefined) {
      if (order.length >= best.order.length) best = { order: [...order], stuck: frame.candidates };
      frames.pop();
      const undone = order.pop();
      if (undone !== undefined) {
        done[undone] = false;
        if (operations[undone]?.output !== undefined) completed -= 1;
      }
      continue;
    }
    const operation = operations[index];
    if (!operation) continue;
    const state = model.step(frame.state, operation.input, operation.output);
    if (state === undefined) continue;
    done[index] = true;
    const key = `${fingerprint(done)} ${model.key(state)}`;
    if (seen.has(key)) {
      done[index] = false;
      continue;
    }
    seen.add(key);
    if (seen.size > STATES_MAX) throw new RangeError(`not decided after ${STATES_MAX} states`);
    order.push(index);
    if (operation.output !== undefined) completed += 1;
    frames.push({ state, candidates: candidatesOf(operations, done), next: 0 });
  }
  const pick = (indexes: readonly number[]) => indexes.flatMap((index) => operations[index] ?? []);
  return { isLinearizable: false, explained: pick(best.order), stuck: pick(best.stuck) };
}

/** Operations that may come next: called before any other that is left has returned. */
function candidatesOf(
  operations: readonly Operation<unknown, unknown>[],
  done: readonly boolean[],
): number[] {
  let firstReturn = Number.POSITIVE_INFINITY;
  const found: number[] = [];
  for (const [index, { called, returned }] of operations.entries()) {
    if (called > firstReturn) break;
    if (done[index]) continue;
    found.push(index);
    firstReturn = Math.min(firstReturn, returned);
  }
  return found.filter((index) => (operations[index]?.called ?? 0) <= firstReturn);
}

/** Which are done: all up to the first that is not, then one by one. */
function fingerprint(done: readonly boolean[]): string {
  const first = done.indexOf(false);
  if (first < 0) return 'all';
  const last = done.lastIndexOf(true);
  let bits = '';
  for (let index = first; index <= last; index++) bits += done[index] ? '1' : '0';
  return `${first}:${bits}`;
}

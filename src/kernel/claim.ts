/**
 * Claims: what at most one process of a region may do at a time, such as running its controllers. `engines/postgres` implements
 * them; a region of one process needs none.
 */

export interface Claims {
  /**
   * Waits in line for the claim of that name. Each time it is ours, `work` runs until it ends or its signal aborts, which says that
   * the claim was lost; when it ended or was lost, waits in line again. A fault of `work` is its own to report.
   */
  hold(name: string, work: (lost: AbortSignal) => Promise<void>): HeldClaim;
}

export interface HeldClaim {
  /** Whether it is ours now. */
  readonly held: boolean;
  /** Gives it up (or stops waiting for it) once `work`, told by its signal, has ended. */
  release(): Promise<void>;
}

/** For a region of one process, and for tests: every claim is ours from the start and until we give it up. */
export const soleClaims: Claims = {
  hold(_name, work) {
    const given = new AbortController();
    let held = true;
    const done = work(given.signal);
    return {
      get held() {
        return held;
      },
      async release() {
        held = false;
        given.abort(new Error('the claim was given up'));
        await done;
      },
    };
  },
};

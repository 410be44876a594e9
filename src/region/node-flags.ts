/**
 * Flags of Node for a process that seldom has anything to do: no threads for V8, a small young generation, and none of the compilers, which take 10 MB
 * of a process as soon as they are used for the first time, for code that then runs some times as fast. `docs/performance.md` has the figures.
 */
export const SELDOM_BUSY: readonly string[] = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--max-semi-space-size=1',
  '--v8-pool-size=0',
  // For `collectWhenIdle`.
  '--expose-gc',
];

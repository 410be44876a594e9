/** How busy this process is. */

/** Gives, each time it is called, the share of time since the last call that the event loop was at work, 0 to 1. */
export function loopLoad(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

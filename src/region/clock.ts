/**
 * Real time for programs whose waiting is their work (the supervisor, `casemate up`): timers keep the process alive,
 * unlike those of the control plane's clock.
 */
import type { Clock } from '#kernel/clock.ts';

export const wakefulClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, task) {
    const timer = setTimeout(task, delay_ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Time as the rest of Casemate sees it. Everything that reads the time or waits takes a Clock, so that a
 * seeded simulation can drive the whole control plane without waiting. Nothing else may call Date.now or setTimeout.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `task` once after `delay_ms`; the returned function cancels it. Never keeps the process alive by itself. */
  after(delay_ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, task) {
    const timer = setTimeout(task, delay_ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

// Under load the same second is asked for thousands of times.
let lastSecond = { second: 0, text: '1970-01-01T00:00:00Z' };

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes `metav1.Time`. */
export function rfc3339(time_ms: number): string {
  const second = Math.floor(time_ms / 1000);
  if (lastSecond.second !== second)
    lastSecond = { second, text: `${new Date(time_ms).toISOString().slice(0, 19)}Z` };
  return lastSecond.text;
}

/** RFC 3339 in UTC with microseconds, as Kubernetes writes `metav1.MicroTime`. */
export function rfc3339Micro(time_ms: number): string {
  return `${new Date(time_ms).toISOString().slice(0, 23)}000Z`;
}

/** Waits `delay_ms` on `clock`; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delay_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delay_ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

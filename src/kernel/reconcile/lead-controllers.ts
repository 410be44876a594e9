/**
 * Runs the controllers of a region in one of its processes at a time: in the one that holds the claim to lead. The others stand by.
 * Two leaders for a moment would do no harm that the next reconcile does not mend, but they would get in each other's way.
 */
import type { Claims } from '../claim.ts';
import type { RunningControllers } from './running-controllers.ts';

export const LEADER_CLAIM = 'controllers';

export interface LeadControllersOptions {
  readonly claims: Claims;
  /** Starts them anew, each time this process comes to lead. */
  readonly start: () => RunningControllers;
  /** Told when this process begins and ceases to lead. */
  readonly onChange?: (leads: boolean) => void;
}

export interface LedControllers {
  /** The controllers, while this process leads. */
  readonly running: RunningControllers | undefined;
  /** Stops them and gives up the lead, so that another process can take it at once. */
  stop(): Promise<void>;
}

export function leadControllers({ claims, start, onChange }: LeadControllersOptions): LedControllers {
  let running: RunningControllers | undefined;
  const claim = claims.hold(LEADER_CLAIM, async (lost) => {
    running = start();
    onChange?.(true);
    try {
      await new Promise<void>((resolve) => {
        lost.addEventListener('abort', () => resolve(), { once: true });
        if (lost.aborted) resolve();
      });
    } finally {
      await running.stop();
      running = undefined;
      onChange?.(false);
    }
  });
  return {
    get running() {
      return running;
    },
    stop: () => claim.release(),
  };
}

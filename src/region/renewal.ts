/**
 * Looks every hour whether certificates are due, so that a region that runs for years needs no restart for them.
 */
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';

export const RENEWAL_INTERVAL_MS = 60 * 60 * 1000;

export interface RenewalSteps<Identity extends { readonly renewed: boolean }> {
  /** Renews what is due; gives the server's identity, which `renewed` calls a new one. */
  establish(): Promise<Identity>;
  /** Puts a new identity of the server in force. */
  serveWith(identity: Identity): void;
  /** The operator's kubeconfig may be another one now: sees to the copy that its owner uses. */
  handOver(): void;
}

/** Takes the steps every hour until the returned function is called. A failure is logged, and tried again an hour later. */
export function renewHourly<Identity extends { readonly renewed: boolean }>(
  clock: Clock,
  logger: Logger,
  { establish, serveWith, handOver }: RenewalSteps<Identity>,
): () => void {
  const renew = async () => {
    const identity = await establish();
    if (identity.renewed) serveWith(identity);
    handOver();
  };
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(RENEWAL_INTERVAL_MS, () => {
      renew().catch((error: unknown) => logger.error({ err: error }, 'certificates could not be renewed'));
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

/** Asks the machine's resolver, which has no bound of its own: it may wait for a name server for as long as its settings say. */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';

/** `host` may be an address, an IPv6 one in brackets. Throws when the signal aborts first; what the resolver says later is not looked at. */
export async function boundedLookup(host: string, signal: AbortSignal): Promise<LookupAddress> {
  signal.throwIfAborted();
  const late = Promise.withResolvers<never>();
  const giveUp = () => late.reject(new Error(`${host}: its address was not found in time`));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([lookup(host.replace(/^\[|\]$/g, '')), late.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

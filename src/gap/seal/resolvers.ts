/**
 * Asks the name server of every network for a name outside. It knows the region's names and forwards nothing, so it must say at once that there is none: a name that it passed on
 * would be a way out for whatever somebody writes into it, and an answer a way in.
 */
import { Resolver } from 'node:dns/promises';
import type { ProbeResult } from './seal-report.ts';

/** Reserved (RFC 2606): nobody's, wherever it gets to. */
export const NAME_OUTSIDE = 'casemate-seal-probe.example';
export const RESOLVERS_MAX = 64;
const ANSWER_MS = 1_000;
const DNS_PORT = 53;

export interface NetworkResolver {
  readonly address: string;
  /** `hospital/ward/lan` */
  readonly whose: string;
}

/** What one of them said: `Answered`, or an error's code. */
export type Said = string;

export async function askResolver({ address }: NetworkResolver): Promise<Said> {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: 1 });
  resolver.setServers([address]);
  try {
    await resolver.resolve4(NAME_OUTSIDE);
    return 'Answered';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'Error';
  }
}

/** That it knows no such name, or will not look for it. */
const REFUSALS = new Set(['EREFUSED', 'ENOTFOUND', 'ENODATA']);

export function judgeResolver({ address, whose }: NetworkResolver, said: Said): ProbeResult {
  return {
    from: `network ${whose}`,
    what: 'a name outside, by the network’s name server',
    destination: address,
    protocol: 'dns',
    port: DNS_PORT,
    outcome: said === 'Answered' ? 'Escaped' : REFUSALS.has(said) ? 'Blocked' : 'NotProbed',
    detail: said,
  };
}

/** What attempts to leave from networks came to: pure, from what they met and how far the kernel saw each packet come. */

import { isIPv6 } from 'node:net';
import type { SealFlow } from '#engines/nftables/seal/model.ts';
import type { Stage } from '#engines/nftables/seal/render.ts';
import { INSIDE_TARGETS } from '../inside.ts';
import { isDeclared } from '../judge.ts';
import type { Met } from '../probe.ts';
import type { ProbeResult } from '../seal-report.ts';
import type { Target } from '../targets.ts';
import type { ZonesRound } from './probe-zones.ts';

/** Somebody was there. */
const ANSWERS = new Set(['Connected', 'Answered', 'ECONNREFUSED']);
/** Nothing was sent. */
const UNSENT = new Set(['Unable', 'ENETUNREACH', 'EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

export function judgeZones(
  { tried, packets, unroutable, interrupted, problem }: ZonesRound,
  flows: readonly SealFlow[],
  whose: (address: string) => string | undefined,
): ProbeResult[] {
  if (problem !== undefined)
    return [
      {
        from: 'networks',
        what: 'every way out, from every network',
        destination: 'outside',
        protocol: 'all',
        outcome: 'NotProbed',
        detail: problem,
      },
    ];
  const seen = new Set(
    packets.map((one) => keyOf(one.stage, one.source, one.destination, one.protocol, one.port)),
  );
  return tried.flatMap(({ zone, hasGateway, met }) =>
    INSIDE_TARGETS.map((target, at) => {
      const { what, address, protocol, port } = target;
      const came = (stage: Stage) => seen.has(keyOf(stage, zone.address, address, protocol, port));
      const one = met[at] ?? 'Unable';
      return {
        from: `network ${whose(zone.address) ?? zone.bridge}`,
        what,
        destination: address,
        protocol,
        ...(port === undefined ? {} : { port }),
        outcome: interrupted
          ? 'NotProbed'
          : outcomeOf(target, one, came, hasGateway, !unroutable.includes(address), () =>
              isDeclared(target, flows, zone.address),
            ),
        detail: interrupted
          ? 'the packet filter changed meanwhile'
          : hasGateway
            ? one
            : 'the gateway did not answer',
      } as const;
    }),
  );
}

const keyOf = (
  stage: Stage,
  source: string,
  destination: string,
  protocol: Target['protocol'] | string,
  port = 0,
) => `${stage} ${source} ${destination} ${protocol} ${port}`;

/** The worst thing first. What was sent, has a way, and did not come to where the seal holds it went somewhere else. */
function outcomeOf(
  { protocol, address }: Target,
  met: Met,
  came: (stage: Stage) => boolean,
  hasGateway: boolean,
  isRoutable: boolean,
  declared: () => boolean,
): ProbeResult['outcome'] {
  const past = () => (declared() ? 'Declared' : 'Escaped');
  if (ANSWERS.has(met)) return past();
  if (came('held')) return 'Blocked';
  if (came('routed')) return past();
  if (came('arrived')) return isRoutable ? past() : 'NoRoute';
  if (!hasGateway || met === 'Unable') return 'NotProbed';
  if (UNSENT.has(met)) return 'NoRoute';
  // That one was sent is sure of what the kernel took from us; ping may have been too slow to, and IPv6 has no gateway here that could be asked.
  return protocol === 'icmp' || isIPv6(address) ? 'NotProbed' : 'Escaped';
}

/** From what was declared to what the kernel holds: pure. */
import type { SealFlow, SealModel } from '#engines/nftables/seal/model.ts';
import { type InterconnectionObject, isInForce } from './interconnection.ts';

/** The seal of a region: its declared flows out that count now, and those that its settings make (engines of the region on other machines). */
export function sealModel(
  region: string,
  declared: readonly InterconnectionObject[],
  settings: readonly SealFlow[],
  now_ms: number,
): SealModel {
  const flows = declared
    .filter((object) => object.spec.direction === 'Out' && isInForce(object, now_ms))
    .map(
      ({ metadata, spec }): SealFlow => ({
        id: metadata.uid,
        from: spec.from === 'Instances' ? 'instances' : 'region',
        sources: (spec.networks ?? []).toSorted(),
        protocol: spec.protocol,
        ports: (spec.ports ?? []).toSorted((a, b) => a - b),
        to: spec.peers.toSorted(),
        until_s: Math.floor(Date.parse(spec.validUntil) / 1_000),
      }),
    );
  return { format: 1, region, flows: [...settings, ...flows].toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** When the next of them ends by itself; undefined when none does. */
export function nextEnd_ms(declared: readonly InterconnectionObject[], now_ms: number): number | undefined {
  const ends = declared
    .filter((object) => isInForce(object, now_ms))
    .map(({ spec }) => Date.parse(spec.validUntil));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

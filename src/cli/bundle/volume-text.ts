/** A set of volumes in words and in JSON. Pure. */
import { signedRoles } from '#gap/bundle/sign.ts';
import type { BundleMetadata } from '#gap/bundle/tuf/client.ts';
import type { VolumeSet } from '#gap/bundle/volumes/frame.ts';
import { volumesThatMayBeLost } from '#gap/bundle/volumes/geometry.ts';
import { shortId } from '#gap/bundle/volumes/presence.ts';
import { roleLine } from './sign.ts';

export const factsOf = (set: VolumeSet) => {
  const { parameters, blocks, groups, positions } = set.geometry;
  return {
    set: set.id,
    size: parameters.size,
    volumes: parameters.volumes,
    blocks,
    groups,
    repairBlocks: positions - blocks,
    volumesThatMayBeLost: volumesThatMayBeLost(set.geometry),
  };
};

export function volumeLines(set: VolumeSet): string[] {
  const { parameters, blocks, positions } = set.geometry;
  const lost = volumesThatMayBeLost(set.geometry);
  const count = `${parameters.volumes} ${parameters.volumes === 1 ? 'volume' : 'volumes'}`;
  const spare =
    parameters.repair === 0
      ? 'none to spare: every one is needed'
      : `and ${positions - blocks} to repair them with`;
  return [
    `  set ${shortId(set)}: ${count}, ${blocks} blocks of 8 KiB ${spare}`,
    ...(lost > 0 ? [`  any ${lost === 1 ? 'one volume' : `${lost} volumes`} may be lost whole`] : []),
  ];
}

export const roleLines = (metadata: BundleMetadata): string[] =>
  signedRoles(metadata).map((role) => `  ${roleLine(role).trim()}`);

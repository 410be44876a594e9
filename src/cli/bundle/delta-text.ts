/** What deltas save, as lines for people. Pure. */
import type { DeltaSummary } from '#gap/bundle/delta/summary.ts';
import { mebibytes } from './progress.ts';

export function deltaLines({
  deltas,
  compressed,
  bytes,
  whole_bytes,
  left,
  left_bytes,
  encoder,
}: DeltaSummary): string[] {
  const parts = [
    ...(deltas > 0 ? [`${deltas} as ${deltas === 1 ? 'a delta' : 'deltas'}`] : []),
    ...(compressed > 0 ? [`${compressed} compressed`] : []),
  ];
  return [
    ...(parts.length > 0
      ? [
          `${parts.join(', ')}: ${mebibytes(bytes)} for ${mebibytes(whole_bytes)}, by zstd ${encoder.zstd}, level ${encoder.level}`,
        ]
      : []),
    ...(left > 0 ? [`${left} left out, which the region has: ${mebibytes(left_bytes)}`] : []),
  ];
}

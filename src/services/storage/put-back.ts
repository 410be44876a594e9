/** Puts a volume in Incus back to one of its snapshots, as large as it is now. No instance may have it meanwhile. */
import type { Incus } from '#engines/incus/client.ts';
import { bytes } from '#kernel/quantity.ts';
import type { VolumeSpec } from './volume.ts';

/** A size is kept to anew only where it changes: by this much and back. */
const NUDGE_BYTES = 1024 ** 2;

/** `then_bytes`: its size when the snapshot was taken. `size`: Incus' configuration of it now. */
export async function putBack(
  incus: Incus,
  pool: string,
  { project, name, taken }: { readonly project: string; readonly name: string; readonly taken: string },
  spec: Pick<VolumeSpec, 'type' | 'size'>,
  then_bytes: number,
  size: string,
): Promise<void> {
  await incus.volumes.restoreSnapshot(project, pool, name, taken);
  // What it is put back to has the size of then, or on btrfs none, while its configuration says otherwise. Setting what it says already does nothing.
  const between = spec.type === 'block' ? then_bytes : bytes(spec.size) + NUDGE_BYTES;
  await incus.volumes.configure(project, pool, name, { size: `${between}B` });
  await incus.volumes.configure(project, pool, name, { size });
}

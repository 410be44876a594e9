/**
 * Puts the processes of a region into control groups of their own, by which the seal (`engines/nftables/seal`) tells their packets from all others of the
 * machine. Limits nothing by itself. Where there are no control groups of version 2, or none can be made, nothing happens: the seal then says that it holds no process.
 */
import { enterControlGroup, makeControlGroup } from '#engines/nftables/seal/control-group.ts';

/** Moves a process into the control group of that name; what it starts follows it there. */
export function confinement(
  regionId: string,
  name: string,
  note: (text: string) => void,
): (pid: number) => void {
  return (pid) => {
    const folder = makeControlGroup(regionId, name);
    if (folder === undefined || !enterControlGroup(folder, pid))
      note(`supervisor: ${name}: cannot be put into a control group, so the seal does not hold it`);
  };
}

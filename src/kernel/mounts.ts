/** What is mounted on this machine, and which loop devices there are, as the kernel tells it; and taking both away. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Mount {
  readonly point: string;
  /** The device's number, such as `0:52`: the same for every place that one file system is mounted at. */
  readonly device: string;
}

export const readMounts = (): readonly Mount[] => parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));

/** From the text of /proc/self/mountinfo (proc(5)), in the order of mounting. */
export function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [, , device, , point] = line.split(' ');
    return device === undefined || point === undefined ? [] : [{ point: unescaped(point), device }];
  });
}

/** Mount points at or below `root`, deepest first. */
export const mountsBelow = (mounts: readonly Mount[], root: string): string[] =>
  mounts
    .map(({ point }) => point)
    .filter((point) => point === root || point.startsWith(`${root}/`))
    .reverse();

/** Loop devices whose files lie below `root`. */
export function loopsBelow(root: string): string[] {
  return readdirSync('/sys/block').flatMap((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8').startsWith(`${root}/`) ? [`/dev/${name}`] : [];
  });
}

/** Unmounts what is mounted at or below `root`, whoever still has it open, and lets go of loop devices whose files are there. Takes root. Safe to repeat. */
export function releaseBelow(root: string): void {
  for (const point of mountsBelow(readMounts(), root)) execFileSync('umount', ['--lazy', point]);
  for (const loop of loopsBelow(root)) {
    try {
      execFileSync('losetup', ['--detach', loop], { stdio: 'pipe' });
    } catch (error) {
      // The kernel lets go of one by itself when its last user has gone, which may have been just now.
      if (!/No such device/.test(String(error))) throw error;
    }
  }
}

/** Spaces and the like are there as `\040`. */
const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

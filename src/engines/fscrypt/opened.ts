/**
 * Whether whoever has the keys has opened what it could since this machine started, or since all was locked: Incus waits for that before it looks for its pools, since it
 * looks again for one that it missed only once a minute.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const markFile = (root: string): string => join(root, 'opened');

export const markOpened = (root: string): void => writeFileSync(markFile(root), bootId(), { mode: 0o644 });

export const unmarkOpened = (root: string): void => rmSync(markFile(root), { force: true });

export const wereOpened = (root: string): boolean =>
  existsSync(markFile(root)) && readFileSync(markFile(root), 'utf8') === bootId();

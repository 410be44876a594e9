/**
 * Which region a command means.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isRoot } from '#region/embedded/accounts.ts';
import { DEFAULT_DATA, DEFAULT_IMAGE_CACHE, type Layout, layoutOf } from '#region/layout.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, EXIT } from '../resources/errors.ts';

/** The layout of the region that `--data`, CASEMATE_DATA or the default names, in this order. */
export function chosenRegion(data: string | undefined): Layout {
  return layoutOf(data ?? process.env.CASEMATE_DATA ?? defaultData());
}

function defaultData(): string {
  if (isRoot()) return DEFAULT_DATA;
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'casemate');
}

export function chosenImageCache(imageCache: string | undefined): string {
  return resolve(imageCache ?? process.env.CASEMATE_IMAGE_CACHE ?? DEFAULT_IMAGE_CACHE);
}

/** A command with what selects this region, when it is not the default one. */
export function ownCommandFor(layout: Layout, command: string): string {
  const isDefault = layout.data === chosenRegion(undefined).data;
  return `${ownCommand()} ${command}${isDefault ? '' : ` --data ${shellWord(layout.data)}`}`;
}

/** The same, where there is a region that this person may read; an error where there is none. */
export function regionHere(data: string | undefined): Layout {
  const layout = chosenRegion(data);
  checkAccess(layout);
  if (!existsSync(layout.config)) {
    throw new CliError(`there is no region in ${layout.data}`, {
      exitCode: EXIT.notFound,
      hint: 'run this on the region’s machine; --data says where the region is',
    });
  }
  return layout;
}

/** Throws, saying what would be right, when the region belongs to somebody else. */
export function checkAccess(layout: Layout): void {
  try {
    accessSync(layout.data, constants.R_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') throw new Error(`${layout.data} belongs to another user: run this as root`);
    if (code !== 'ENOENT') throw error;
  }
}

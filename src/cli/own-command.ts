/** How the person called us, for the commands we suggest: they must be typeable as they stand. */
import { basename, delimiter, dirname } from 'node:path';

/** One word of a POSIX shell, quoted where it must be. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The command as this person would type it again: `casemate` when it is in the PATH, else as it was typed. The launcher tells. */
export function ownCommand({ CASEMATE_COMMAND: typed = 'casemate', PATH = '' } = process.env): string {
  return shellWord(PATH.split(delimiter).includes(dirname(typed)) ? basename(typed) : typed);
}

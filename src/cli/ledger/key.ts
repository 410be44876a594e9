/** Where the public key of a log comes from: given, remembered, or (the first time) the log itself. */
import { existsSync, readFileSync } from 'node:fs';
import { parseVkey } from '#kernel/log/note.ts';
import { readText, type TileSource } from '#trust/ledger/source.ts';
import { CliError, EXIT } from '../resources/errors.ts';

/** Reads `--key`: the key itself, or a file that holds it. */
export function givenKey(option: string): string {
  const text = existsSync(option) ? readFileSync(option, 'utf8') : option;
  const vkey = text.trim();
  try {
    parseVkey(vkey);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`--key ${option}: ${existsSync(option) ? '' : 'no such file, and as a key: '}${why}`, {
      exitCode: EXIT.usage,
    });
  }
  return vkey;
}

export const servedKey = async (source: TileSource) => (await readText(source, 'key')).trim();

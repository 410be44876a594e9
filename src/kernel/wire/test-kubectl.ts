/**
 * The kubectl binaries of this machine, for tests with real clients. Tests only.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Where the Google Cloud packages for Debian put theirs. */
const MORE_FOLDERS = ['/usr/lib/google-cloud-sdk/bin'];

/** kubectl binaries by version, such as `1.31`. */
export async function kubectls(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of new Set([...(process.env.PATH ?? '').split(':'), ...MORE_FOLDERS])) {
    const files = await readdir(folder).catch(() => []);
    for (const file of files) {
      if (!/^kubectl(?:\.1\.\d+)?$/.test(file)) continue;
      const path = join(folder, file);
      // A wrapper that needs something else installed is no kubectl.
      const version = await run(path, ['version', '--client', '-o', 'json']).then(
        ({ stdout }) => JSON.parse(stdout).clientVersion,
        () => undefined,
      );
      if (version) found.set(`${version.major}.${Number.parseInt(version.minor, 10)}`, path);
    }
  }
  return new Map([...found].sort(([a], [b]) => Number(a.slice(2)) - Number(b.slice(2))));
}

/**
 * Debian packages with all that they depend on, fetched and verified by the machine's own apt from the sources and with the keys that it has. It is shown an
 * empty machine, so that nothing is left out because it happens to be installed here.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LAYERS_MAX } from '../limits.ts';
import { BundleError } from '../problem.ts';
import { runTool } from './run-tool.ts';

/** Names on one command line. */
const BATCH = 200;

export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly path: string;
}

export interface Apt {
  /** Fetches packages and what they depend on. Throws BundleError with apt's own words. */
  fetch(packages: readonly string[], recommends: boolean): Promise<FetchedPackage[]>;
  /** What the signed indexes say of packages: their stanzas. */
  stanzas(packages: readonly FetchedPackage[]): Promise<string[]>;
}

/** apt in a folder of its own, which must exist. */
export async function startApt(scratch: string, part: string): Promise<Apt> {
  const status = join(scratch, 'status');
  const archives = join(scratch, 'archives');
  await writeFile(status, '');
  await mkdir(join(archives, 'partial'), { recursive: true });
  const settings = [
    `Dir::State::status=${status}`,
    `Dir::Cache::archives=${archives}`,
    // No index of the empty machine where the machine's own one is kept.
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'Debug::NoLocking=true',
    'APT::Get::AllowUnauthenticated=false',
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  return {
    async fetch(packages, recommends) {
      const choice = recommends ? '--install-recommends' : '--no-install-recommends';
      await runTool(
        'apt-get',
        ['-q', '-y', ...settings, '--download-only', choice, 'install', '--', ...packages],
        part,
      );
      const names = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort();
      if (names.length > LAYERS_MAX)
        throw new BundleError('TooLarge', part, `needs ${names.length} packages; the most is ${LAYERS_MAX}`);
      return names.map((name) => packageOf(name, join(archives, name), part));
    },
    async stanzas(packages) {
      const found: string[] = [];
      for (let at = 0; at < packages.length; at += BATCH) {
        const wanted = packages
          .slice(at, at + BATCH)
          .map(({ name, version, architecture }) =>
            architecture === 'all' ? `${name}=${version}` : `${name}:${architecture}=${version}`,
          );
        const text = await runTool('apt-cache', [...settings, 'show', '--', ...wanted], part);
        found.push(...text.split(/\n\n+/).filter((stanza) => stanza.trim() !== ''));
      }
      return found;
    },
  };
}

/** apt names files `NAME_VERSION_ARCHITECTURE.deb`, with `%3a` for a colon. */
function packageOf(file: string, path: string, part: string): FetchedPackage {
  const [, name, version, architecture] =
    /^([a-z0-9][a-z0-9+.-]*)_([^_]+)_([a-z0-9-]+)\.deb$/.exec(file) ?? [];
  if (name === undefined || version === undefined || architecture === undefined) {
    throw new BundleError('Malformed', part, `apt fetched ${file}, which is no name of a package`);
  }
  return { name, version: decodeURIComponent(version), architecture, path };
}

/**
 * What else of this machine's network bears on the seal: ways out that its routes give, routes that lead through the region's bridges, programs of others that take
 * packets before the filter sees them, and kernel settings that somebody changed. Reading is apart from judging, which is pure.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { FilterModel } from '../model.ts';
import { settingsFor } from '../sysctls.ts';

const run = promisify(execFile);

const LIST_TIME_LIMIT_MS = 10_000;
const LISTING_BYTES_MAX = 16 * 1024 * 1024;
/** Ways out that are told apart. */
const WAYS_MAX = 64;

export interface Route {
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly type?: string;
  readonly table?: string;
}

/** Of both families, in all tables. */
export async function routesOfMachine(): Promise<readonly Route[]> {
  const both = await Promise.all(
    ['-4', '-6'].map((family) => ipJson([family, '-j', 'route', 'show', 'table', 'all'])),
  );
  return both.flat() as readonly Route[];
}

async function ipJson(args: readonly string[]): Promise<readonly unknown[]> {
  const options = { timeout: LIST_TIME_LIMIT_MS, maxBuffer: LISTING_BYTES_MAX };
  const { stdout } = await run('ip', [...args], options);
  return JSON.parse(stdout.trim() || '[]') as readonly unknown[];
}

/** Where this machine itself could go: what its routes lead to past the link, in words, sorted. The seal holds whichever there are; that one is new is worth knowing. */
export function waysOut(routes: readonly Route[], bridges: ReadonlySet<string>): string[] {
  const found = routes
    .filter(({ type = 'unicast', dev = '' }) => type === 'unicast' && !bridges.has(dev))
    .filter(({ dst, gateway }) => gateway !== undefined || dst === 'default')
    .map(
      ({ dst = 'default', gateway, dev = '' }) =>
        `${dst}${gateway === undefined ? '' : ` via ${gateway}`} dev ${dev}`,
    );
  return [...new Set(found)].toSorted().slice(0, WAYS_MAX);
}

/** Routes through a bridge of the region to anything but its own range: an instance would carry what is not its network's. */
export function strayRoutes(
  routes: readonly Route[],
  bridges: readonly { readonly name: string; readonly cidr: string }[],
): string[] {
  const ranges = new Map(bridges.map(({ name, cidr }) => [name, cidr]));
  return routes.flatMap(({ type = 'unicast', dev = '', dst = 'default', gateway }) => {
    const own = ranges.get(dev);
    if (own === undefined || type !== 'unicast' || dst === own || /^f[ef]/.test(dst)) return [];
    return [`a route leads to ${dst} through bridge ${dev}${gateway === undefined ? '' : `, by ${gateway}`}`];
  });
}

/** Of what `nft list chains netdev` prints: those that take packets of the region's interfaces before any filter sees them. */
export function foreignHooks(text: string, isOurs: (device: string) => boolean): string[] {
  let table = '';
  let chain = '';
  return text.split('\n').flatMap((line) => {
    table = /^table netdev (\S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain;
    const hook = /^\t\ttype \S+ hook \S+ devices? (.*?) priority /.exec(line)?.[1] ?? '';
    const devices = [...hook.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name).filter(isOurs);
    return devices.length === 0
      ? []
      : [`chain netdev ${table} ${chain} takes packets of ${devices.join(', ')}`];
  });
}

/** Settings that routing for instances needs and that are not as they were set. A bridge that is not there has none. */
export async function changedSettings(model: FilterModel): Promise<string[]> {
  const found = await Promise.all(
    settingsFor(model).map(async ({ path, value }) => {
      const now = (await readFile(`/proc/sys/${path}`, 'utf8').catch(() => value)).trim();
      return now === value ? [] : [`kernel setting ${path} is ${now}, not ${value}`];
    }),
  );
  return found.flat();
}

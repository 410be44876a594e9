/**
 * Holding 1,000 packages against advisory data of the size of Debian's tracker, and making that data's file, each in a process of its own, beside
 * parsing the same JSON alone: what a scanner without an index does first (debsecan fetches its data from the network, so it cannot run here).
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Measure } from './context.ts';

const SCAN_MS_MAX = 1_000;
const MEMORY_MIB_MAX = 512;
const INSTALLED = 1_000;
const RUNS = 5;
const MIB = 1024 * 1024;
/** About what the tracker has: packages, and entries a package on average; every fortieth has many, as kernels and browsers have. */
export const PACKAGES = 4_000;
const ENTRIES = 8;
const ENTRIES_MANY = 250;
const RELEASES = ['bullseye', 'bookworm', 'trixie', 'forky', 'sid'];

const SOURCE = new URL('../../src/gap/advisories/', import.meta.url).href;

/** Run in processes of their own: what they need comes as argument, what they found goes out as JSON. */
const PREAMBLE = `
const [path, data, count] = process.argv.slice(1);
const started = performance.now();
const done = (more = {}) => console.log(JSON.stringify({ ms: performance.now() - started, maxRss: process.resourceUsage().maxRSS * 1024, ...more }));
`;
const PARSE = `${PREAMBLE}
const { readFileSync } = await import('node:fs');
const parsed = JSON.parse(readFileSync(path, 'utf8'));
done({ packages: Object.keys(parsed).length });
`;
const BUILD = `${PREAMBLE}
const { createReadStream } = await import('node:fs');
const { buildStore } = await import('${SOURCE}store/build.ts');
const chunks = createReadStream(path, { highWaterMark: 262144 });
const built = await buildStore({ path: data, inputs: [{ kind: 'debian-tracker', name: 'tracker', chunks }], asOf: '2026-01-01T00:00:00Z' });
done({ size: built.size_bytes, sha256: built.sha256, advisories: built.index.advisories });
`;
const SCAN = `${PREAMBLE}
const { AdvisoryStore } = await import('${SOURCE}store/store.ts');
const { match } = await import('${SOURCE}match.ts');
const { debianInventory } = await import('${SOURCE}inventory/dpkg.ts');
const stanza = (name) => 'Package: ' + name + '\\nStatus: install ok installed\\nVersion: 1.50-1\\n\\n';
const names = Array.from({ length: Number(count) }, (_, number) => 'package-' + number * 4);
const status = names.map(stanza).join('');
const loaded = performance.now();
const inventory = debianInventory(status, 'ID=debian\\nVERSION_CODENAME=bookworm\\n');
const store = await AdvisoryStore.open(data);
const findings = await match(inventory, store);
const scan_ms = performance.now() - loaded;
await store.close();
done({ scan_ms, packages: inventory.packages.length, findings: findings.length });
`;

interface Ran {
  readonly ms: number;
  readonly maxRss: number;
  readonly [more: string]: unknown;
}

const run = (script: string, ...args: readonly string[]): Ran =>
  JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script, ...args], { encoding: 'utf8' }),
  );

export const vulnerabilities: Measure = {
  summary: '1,000 packages held against advisories of the size of Debian’s tracker',
  async run({ quick, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'casemate-vulnerabilities-'));
    try {
      const [path, data] = [join(folder, 'tracker.json'), join(folder, 'data')];
      await generate(path, quick ? PACKAGES / 10 : PACKAGES);
      const { size } = await stat(path);
      const count = String(quick ? INSTALLED / 10 : INSTALLED);
      const built = run(BUILD, path, data);
      const again = run(BUILD, path, `${data}-again`);
      if (built.sha256 !== again.sha256) throw new Error('two builds of the same data differ');
      const json = `${Math.round(size / MIB)} MiB of JSON, ${built.advisories} entries`;
      say(`${json}; ${Math.round(Number(built.size) / 1024)} KiB as a file`);
      const scans = Array.from({ length: RUNS }, () => run(SCAN, path, data, count));
      const parses = Array.from({ length: RUNS }, () => run(PARSE, path));
      const scan = median(scans, (one) => Number(one.scan_ms));
      const parse = median(parses, ({ ms }) => ms);
      const first = scans[0];
      return {
        name: 'vulnerabilities',
        rows: [
          {
            what: `scan of ${count} packages, from the text of dpkg’s status to ${first?.findings} findings`,
            value: scan,
            unit: 'ms',
            target: { atMost: SCAN_MS_MAX },
            peer: { what: 'JSON.parse of the same data alone', value: parse },
            note: `${json}; in a new process each time, median of ${RUNS}`,
          },
          {
            what: 'memory of the process that scans, at its most',
            value: median(scans, ({ maxRss }) => maxRss / MIB),
            unit: 'MiB',
            peer: { what: 'of the one that parses', value: median(parses, ({ maxRss }) => maxRss / MIB) },
          },
          {
            what: 'making the file: read, judged, sorted, compressed',
            value: Math.min(built.ms, again.ms),
            unit: 'ms',
            peer: { what: 'JSON.parse of the same data alone', value: parse },
            note: 'two builds, one digest',
          },
          {
            what: 'memory of the process that makes it, at its most',
            value: built.maxRss / MIB,
            unit: 'MiB',
            target: { atMost: MEMORY_MIB_MAX },
          },
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function median(all: readonly Ran[], of: (one: Ran) => number): number {
  const sorted = all.map(of).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** In the tracker's format; every vulnerability is made up. */
export async function generate(path: string, packages: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('{');
  for (let number = 0; number < packages; number++) {
    const entries: Record<string, unknown> = {};
    const many = number % 40 === 0 ? ENTRIES_MANY : ENTRIES;
    for (let entry = 0; entry < many; entry++)
      entries[`CVE-0000-${10_000 + number * 7 + entry}`] = made(number, entry);
    const text = `${number === 0 ? '' : ','}"package-${number}":${JSON.stringify(entries)}`;
    if (!file.write(text)) await new Promise((resolve) => file.once('drain', resolve));
  }
  file.end('}');
  await finished(file);
}

function made(number: number, entry: number): object {
  const fixed = `1.${(number * 31 + entry * 17) % 100}-1`;
  const releases = Object.fromEntries(
    RELEASES.map((release, index) => {
      const repositories = {
        [release]: `1.${50 + index}-1`,
        [`${release}-security`]: `1.${50 + index}-1+deb1${index}u1`,
      };
      const isOpen = (number + entry + index) % 9 === 0;
      return [
        release,
        isOpen
          ? {
              status: 'open',
              repositories,
              urgency: 'not yet assigned',
              nodsa: 'Minor issue',
              nodsa_reason: '',
            }
          : { status: 'resolved', repositories, fixed_version: fixed, urgency: 'not yet assigned' },
      ];
    }),
  );
  const description = `A made-up flaw, number ${entry}, of package-${number}: ${'what it lets somebody do is told in words. '.repeat(5)}`;
  return { description, scope: 'remote', debianbug: 1_000_000 + number, releases };
}

/**
 * The scan of an import: 1,000 packages of a bill of materials held against advisory data of the size of Debian's tracker, then 1,000 archives of npm packages looked into, each in a
 * process of its own, beside parsing the same data as JSON and `gzip` unpacking the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measure } from './context.ts';
import { generate, PACKAGES } from './vulnerabilities.ts';

const SCAN_MS_MAX = 1_000;
const SCANNED = 1_000;
const RUNS = 5;
const MIB = 1024 * 1024;
/** Of one package of npm: files, and bytes of each. */
const [FILES, FILE_BYTES] = [20, 6_000] as const;

const SOURCE = new URL('../../src/gap/', import.meta.url).href;

const PREAMBLE = `
const [folder, count, files, bytes] = process.argv.slice(1);
const { join } = await import('node:path');
const { readFileSync, readdirSync, writeFileSync } = await import('node:fs');
const number = Number(count);
`;
const PREPARE = `${PREAMBLE}
const { createReadStream, mkdirSync } = await import('node:fs');
const { gzipSync } = await import('node:zlib');
const { randomBytes } = await import('node:crypto');
const { buildStore } = await import('${SOURCE}advisories/store/build.ts');
const { publish } = await import('${SOURCE}advisories/store/folder.ts');
const { sbomBytes } = await import('${SOURCE}bundle/attest/sbom.ts');
const { tarOf } = await import('${SOURCE}archive/testing/archives.ts');
const chunks = createReadStream(join(folder, 'tracker.json'), { highWaterMark: 262144 });
mkdirSync(join(folder, 'advisories'));
const built = await buildStore({ path: join(folder, 'advisories/new'), inputs: [{ kind: 'debian-tracker', name: 'tracker', chunks }], asOf: '2026-01-01T00:00:00Z' });
await publish(join(folder, 'advisories'), built, '2026-01-01T00:00:00Z');
const parts = Array.from({ length: number }, (_, at) => ({ type: 'library', name: 'package-' + at * 4, version: '1.50-1', licence: 'MIT', sha256: 'a'.repeat(64),
  purl: 'pkg:deb/debian/package-' + at * 4 + '@1.50-1?arch=amd64&distro=debian-12&upstream=package-' + at * 4 + '%401.50-1' }));
writeFileSync(join(folder, 'sbom.json'), sbomBytes({ name: 'tools', version: '1', licence: 'MIT', created: '2026-01-01T00:00:00Z' }, parts));
mkdirSync(join(folder, 'archives'));
for (let at = 0; at < number; at++) {
  const text = () => randomBytes(Number(bytes) / 4).toString('hex') + ' '.repeat(Number(bytes) / 2);
  const entries = Array.from({ length: Number(files) }, (_, file) => ({ name: 'package/lib/' + file + '.js', content: text() }));
  writeFileSync(join(folder, 'archives', at + '.tgz'), gzipSync(tarOf(entries)));
}
console.log(JSON.stringify({ size: readFileSync(join(folder, 'sbom.json')).length }));
`;
/** As the receiver does it. */
const scan = (items: string) => `${PREAMBLE}
const { scanBundle } = await import('${SOURCE}import/scan.ts');
const { FolderSource } = await import('${SOURCE}advisories/store/folder.ts');
const { MEDIA } = await import('${SOURCE}bundle/descriptor.ts');
const { npmPurl } = await import('${SOURCE}advisories/purl.ts');
const described = (mediaType, digest) => ({ mediaType, digest, size: 1 });
const sbom = readFileSync(join(folder, 'sbom.json'));
const names = readdirSync(join(folder, 'archives'));
const tarballs = names.map((name) => readFileSync(join(folder, 'archives', name)));
const digest = (at) => 'sha256:' + String(at).padStart(64, '0');
const layers = names.map((_, at) => ({ descriptor: described('application/vnd.casemate.npm-package.v1.tar+gzip', digest(at)), blocks: [] }));
${items}
const started = performance.now();
const before = process.cpuUsage();
const { scan, refusals } = await scanBundle({
  items,
  read: async () => sbom,
  async *pieces(path) { yield tarballs[Number(path.slice(-12))]; },
  source: new FolderSource(join(folder, 'advisories')),
  policy: {},
});
const { user, system } = process.cpuUsage(before);
if (refusals.length > 0) throw new Error(JSON.stringify(refusals[0]));
console.log(JSON.stringify({ ms: performance.now() - started, cpu_ms: (user + system) / 1000, maxRss: process.resourceUsage().maxRSS * 1024, packages: scan.packages,
  findings: Object.values(scan.open).reduce((sum, one) => sum + one, 0), entries: scan.archives.entries }));
`;
const PACKAGES_ONLY = scan(
  `const items = [{ path: 'debian-repository/tools/1', statements: [described(MEDIA.sbom, digest(0))], layers: [] }];`,
);
const ARCHIVES_ONLY = scan(`const items = [{ path: 'npm/web/1', statements: [], layers }];`);
const PARSE = `${PREAMBLE}
const before = process.cpuUsage();
const started = performance.now();
JSON.parse(readFileSync(join(folder, 'tracker.json'), 'utf8'));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ ms: performance.now() - started, cpu_ms: (user + system) / 1000 }));
`;
/** Its own time and that of what it starts. */
const UNPACK = `
TIMEFORMAT='%U %S'; time (cat "$0"/archives/*.tgz | gzip -dc | wc -c)
`;

interface Ran {
  readonly ms: number;
  readonly cpu_ms: number;
  readonly [more: string]: number;
}

export const importScan: Measure = {
  summary: 'the scan of an import: 1,000 packages against advisories, 1,000 archives looked into',
  async run({ quick, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'casemate-import-scan-'));
    const count = quick ? SCANNED / 10 : SCANNED;
    const run = (script: string): Ran =>
      JSON.parse(
        execFileSync(
          process.execPath,
          ['--input-type=module', '-e', script, folder, String(count), String(FILES), String(FILE_BYTES)],
          { encoding: 'utf8' },
        ),
      );
    const median = (script: string): Ran => {
      const all = Array.from({ length: RUNS }, () => run(script)).toSorted((a, b) => a.cpu_ms - b.cpu_ms);
      return all[Math.floor(RUNS / 2)] ?? { ms: Number.NaN, cpu_ms: Number.NaN };
    };
    try {
      await generate(join(folder, 'tracker.json'), quick ? PACKAGES / 10 : PACKAGES);
      const { size } = run(PREPARE);
      say(`a bill of materials of ${Math.round((size ?? 0) / 1024)} KiB`);
      const [packages, parse, archives] = [PACKAGES_ONLY, PARSE, ARCHIVES_ONLY].map(median);
      if (packages === undefined || parse === undefined || archives === undefined)
        throw new Error('nothing ran');
      const unpack = unpacked(folder);
      return {
        name: 'import-scan',
        rows: [
          {
            what: `scan of an import's bill of materials, ${packages.packages} packages, ${packages.findings} open findings: CPU`,
            value: packages.cpu_ms,
            unit: 'ms',
            target: { atMost: SCAN_MS_MAX },
            peer: { what: 'JSON.parse of the same advisories alone', value: parse.cpu_ms },
            note: `${Math.round(packages.ms)} ms by the clock, the peer's ${Math.round(parse.ms)} ms; ${Math.round((packages.maxRss ?? 0) / MIB)} MiB at its most; in a new process each time, median of ${RUNS}`,
          },
          {
            what: `looking into ${count} archives of npm packages, ${archives.entries} entries, ${Math.round(unpack.bytes / MIB)} MiB unpacked: CPU`,
            value: archives.cpu_ms,
            unit: 'ms',
            peer: { what: 'cat and gzip -dc of the same, which look at nothing', value: unpack.cpu_ms },
            note: `${(unpack.bytes / MIB / (archives.cpu_ms / 1_000)).toFixed(0)} MiB of content a second of CPU; ${Math.round((archives.maxRss ?? 0) / MIB)} MiB at its most`,
          },
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function unpacked(folder: string): { readonly bytes: number; readonly cpu_ms: number } {
  const said = execFileSync('bash', ['-c', `{ ${UNPACK} } 2>&1`, folder], { encoding: 'utf8' });
  const [bytes = '', times = ''] = said.trim().split('\n');
  const cpu_s = times.split(' ').reduce((sum, one) => sum + Number(one), 0);
  return { bytes: Number(bytes), cpu_ms: cpu_s * 1_000 };
}

/**
 * The scan of an import: 1,000 packages of a bill of materials held against advisory data of the size of Debian's tracker, then 1,000 archives looked into, as npm packages and as
 * Debian packages in xz, each in a process of its own, beside parsing the same data as JSON and `gzip` and `xz` unpacking the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from '../lib/result.ts';
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
const { arOf, tarOf } = await import('${SOURCE}archive/testing/archives.ts');
const { execFileSync } = await import('node:child_process');
const chunks = createReadStream(join(folder, 'tracker.json'), { highWaterMark: 262144 });
mkdirSync(join(folder, 'advisories'));
const built = await buildStore({ path: join(folder, 'advisories/new'), inputs: [{ kind: 'debian-tracker', name: 'tracker', chunks }], asOf: '2026-01-01T00:00:00Z' });
await publish(join(folder, 'advisories'), built, '2026-01-01T00:00:00Z');
const parts = Array.from({ length: number }, (_, at) => ({ type: 'library', name: 'package-' + at * 4, version: '1.50-1', licence: 'MIT', sha256: 'a'.repeat(64),
  purl: 'pkg:deb/debian/package-' + at * 4 + '@1.50-1?arch=amd64&distro=debian-12&upstream=package-' + at * 4 + '%401.50-1' }));
writeFileSync(join(folder, 'sbom.json'), sbomBytes({ name: 'tools', version: '1', licence: 'MIT', created: '2026-01-01T00:00:00Z' }, parts));
for (const kind of ['npm', 'debian', 'xz']) mkdirSync(join(folder, kind));
for (let at = 0; at < number; at++) {
  const text = () => randomBytes(Number(bytes) / 4).toString('hex') + ' '.repeat(Number(bytes) / 2);
  const entries = Array.from({ length: Number(files) }, (_, file) => ({ name: 'package/lib/' + file + '.js', content: text() }));
  const tar = tarOf(entries);
  writeFileSync(join(folder, 'npm', at + '.tgz'), gzipSync(tar));
  writeFileSync(join(folder, 'xz', at + '.tar'), tar);
}
execFileSync('xz', ['-1', ...readdirSync(join(folder, 'xz')).map((name) => join(folder, 'xz', name))]);
const control = { name: 'control.tar', content: tarOf([{ name: './control' }]) };
for (let at = 0; at < number; at++) {
  const data = { name: 'data.tar.xz', content: readFileSync(join(folder, 'xz', at + '.tar.xz')) };
  writeFileSync(join(folder, 'debian', at + '.deb'), arOf([{ name: 'debian-binary', content: '2.0\\n' }, control, data]));
}
console.log(JSON.stringify({ size: readFileSync(join(folder, 'sbom.json')).length }));
`;
const MEDIA_TYPES = {
  npm: 'application/vnd.casemate.npm-package.v1.tar+gzip',
  debian: 'application/vnd.debian.binary-package',
};
/** As the receiver does it. */
const scan = (kind: keyof typeof MEDIA_TYPES, items: string) => `${PREAMBLE}
const { scanBundle } = await import('${SOURCE}import/scan.ts');
const { FolderSource } = await import('${SOURCE}advisories/store/folder.ts');
const { MEDIA } = await import('${SOURCE}bundle/descriptor.ts');
const { npmPurl } = await import('${SOURCE}advisories/purl.ts');
const described = (mediaType, digest) => ({ mediaType, digest, size: 1 });
const sbom = readFileSync(join(folder, 'sbom.json'));
const kind = '${kind}';
const names = readdirSync(join(folder, kind));
const tarballs = names.map((name) => readFileSync(join(folder, kind, name)));
const digest = (at) => 'sha256:' + String(at).padStart(64, '0');
const layers = names.map((_, at) => ({ descriptor: described('${MEDIA_TYPES[kind]}', digest(at)), blocks: [] }));
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
  'npm',
  `const items = [{ path: 'debian-repository/tools/1', statements: [described(MEDIA.sbom, digest(0))], layers: [] }];`,
);
const ARCHIVES_ONLY = scan('npm', `const items = [{ path: 'npm/web/1', statements: [], layers }];`);
const DEBIAN_ONLY = scan(
  'debian',
  `const items = [{ path: 'debian-repository/tools/1', statements: [], layers }];`,
);
const PARSE = `${PREAMBLE}
const before = process.cpuUsage();
const started = performance.now();
JSON.parse(readFileSync(join(folder, 'tracker.json'), 'utf8'));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ ms: performance.now() - started, cpu_ms: (user + system) / 1000 }));
`;
/** Its own time and that of what it starts. */
const unpackWith = (files: string, program: string) =>
  `TIMEFORMAT='%U %S'; time (cat "$0"/${files} | ${program} -dc | wc -c)`;

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
      const packages = median(PACKAGES_ONLY);
      const parse = median(PARSE);
      const looked = (what: string, script: string, files: string, program: string): Row => {
        const own = median(script);
        const peer = unpacked(folder, files, program);
        return {
          what: `looking into ${count} archives of ${what}, ${own.entries} entries, ${Math.round(peer.bytes / MIB)} MiB unpacked: CPU`,
          value: own.cpu_ms,
          unit: 'ms',
          peer: { what: `cat and ${program} -dc of the same, which look at nothing`, value: peer.cpu_ms },
          note: `${(peer.bytes / MIB / (own.cpu_ms / 1_000)).toFixed(0)} MiB of content a second of CPU; ${Math.round((own.maxRss ?? 0) / MIB)} MiB at its most`,
        };
      };
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
          looked('npm packages', ARCHIVES_ONLY, 'npm/*.tgz', 'gzip'),
          looked('Debian packages in xz', DEBIAN_ONLY, 'xz/*.xz', 'xz'),
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function unpacked(
  folder: string,
  files: string,
  program: string,
): { readonly bytes: number; readonly cpu_ms: number } {
  const script = `{ ${unpackWith(files, program)}; } 2>&1`;
  const said = execFileSync('bash', ['-c', script, folder], { encoding: 'utf8' });
  const [bytes = '', times = ''] = said.trim().split('\n');
  const cpu_s = times.split(' ').reduce((sum, one) => sum + Number(one), 0);
  return { bytes: Number(bytes), cpu_ms: cpu_s * 1_000 };
}

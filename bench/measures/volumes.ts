/**
 * Splitting a file into volumes with 10 % of parity, putting it together, and repairing it with a volume of twenty lost, each in a process of its own, beside SHA-256 of the same bytes,
 * `cp`, and `par2`, which does the same by Reed-Solomon (`apt-get install par2`; without it its rows are left out).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const MIB = 1024 * 1024;
const MEMORY_MIB_MAX = 512;
const VOLUMES = 20;
const FILE_BYTES = 512 * MIB;
/** par2’s cost for a byte is the same whatever the size: its blocks are always 2,000. */
const PEER_BYTES = 64 * MIB;
const SOURCE = new URL('../../src/gap/bundle/volumes/', import.meta.url).href;

/** Each is told files by arguments, and says how long it took, and what it took. */
const PREAMBLE = `
const [from, to, size] = process.argv.slice(2);
const started = performance.now();
const done = () => {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ms: performance.now() - started, cpu_ms: (user + system) / 1000, maxRss: process.resourceUsage().maxRSS * 1024 }));
};
`;
const SPLIT = `${PREAMBLE}
const { splitIntoFolder } = await import('${SOURCE}split.ts');
await splitIntoFolder(from, to, { parity_percent: 10, volume_bytes: Number(size) });
done();
`;
const JOIN = `${PREAMBLE}
const { joinFiles } = await import('${SOURCE}join.ts');
await joinFiles([from], to);
done();
`;
const HASH = `${PREAMBLE}
const { createHash } = await import('node:crypto');
const { createReadStream } = await import('node:fs');
const whole = createHash('sha256');
for await (const chunk of createReadStream(from, { highWaterMark: 1048576 })) whole.update(chunk);
whole.digest('hex');
done();
`;

interface Ran {
  readonly ms: number;
  readonly cpu_ms: number;
  readonly maxRss: number;
}

/** From a file: threads that it starts could not be told that it has none. */
function run(script: string, folder: string, ...args: readonly string[]): Ran {
  const file = join(folder, 'script.mjs');
  writeFileSync(file, script);
  return JSON.parse(execFileSync(process.execPath, [file, ...args], { encoding: 'utf8' }));
}

/** A command’s time; undefined when it is not installed. Throws when it fails. */
function timed(command: string, args: readonly string[], cwd: string): number | undefined {
  const started = performance.now();
  const { error, status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
  if (error !== undefined || status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}

export const volumes: Measure = {
  summary: 'a bundle into volumes with 10 % of parity, together again, and repaired',
  async run({ quick, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'casemate-volumes-'));
    const path = (name: string) => join(folder, name);
    try {
      const size = quick ? FILE_BYTES / 8 : FILE_BYTES;
      await randomFile(path('file'), size);
      const rate = (ms: number, bytes = size) => bytes / 1e6 / (ms / 1_000);
      const hashed = run(HASH, folder, path('file'));
      const copied = timed('cp', ['--reflink=never', 'file', 'copy'], folder) ?? Number.NaN;
      // A little more than a twentieth of blocks, parity and heads.
      const volumeBytes = String(Math.ceil((size * 1.12) / VOLUMES));
      const split = run(SPLIT, folder, path('file'), path('set'), volumeBytes);
      const joined = run(JOIN, folder, path('set'), path('joined'));
      execFileSync('cmp', [path('file'), path('joined')]);
      const names = readdirSync(path('set')).sort();
      rmSync(path(`set/${names[3]}`));
      say(`${size / MIB} MiB, ${names.length} volumes, one of them lost`);
      const repaired = run(JOIN, folder, path('set'), path('repaired'));
      execFileSync('cmp', [path('file'), path('repaired')]);
      const par2 = await peer(path, Math.min(size, PEER_BYTES));
      const beside = `SHA-256 of the same bytes: ${Math.round(rate(hashed.ms))} MB/s, cp: ${Math.round(rate(copied))} MB/s`;
      const rows: Row[] = [
        row(
          'split, 10 % of parity',
          rate(split.ms),
          rate(par2?.create ?? Number.NaN, par2?.bytes),
          'par2 create -r10',
        ),
        row(
          'join, nothing damaged',
          rate(joined.ms),
          rate(par2?.verify ?? Number.NaN, par2?.bytes),
          'par2 verify',
        ),
        row(
          'join, one volume of twenty lost',
          rate(repaired.ms),
          rate(par2?.repair ?? Number.NaN, par2?.bytes),
          'par2 repair',
        ),
      ];
      const cpu = (one: Ran) => `${(one.cpu_ms / 1_000).toFixed(1)} s of CPU`;
      return {
        name: 'volumes',
        rows: [
          ...rows.map((one, at) => ({
            ...one,
            note: `${[cpu(split), cpu(joined), cpu(repaired)][at]}; ${beside}`,
          })),
          {
            what: 'memory of the process that splits, at its most',
            value: split.maxRss / MIB,
            unit: 'MiB',
            target: { atMost: MEMORY_MIB_MAX },
          },
          {
            what: 'memory of the process that joins and repairs, at its most',
            value: repaired.maxRss / MIB,
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

const row = (what: string, value: number, other: number, name: string): Row => ({
  what,
  value,
  unit: 'MB/s',
  ...(Number.isFinite(other) ? { peer: { what: name, value: other } } : {}),
});

/** par2 with as many blocks as it has by default, and a stretch of the file overwritten. */
async function peer(path: (name: string) => string, bytes: number) {
  mkdirSync(path('par2'));
  execFileSync('head', ['-c', String(bytes), path('file')], {
    stdio: ['ignore', openSync(path('par2/file'), 'w'), 'inherit'],
  });
  const lost = Math.floor(bytes / VOLUMES);
  const create = timed('par2', ['create', '-q', '-q', '-r10', '-n1', 'set', 'file'], path('par2'));
  if (create === undefined) return undefined;
  const verify = timed('par2', ['verify', '-q', '-q', 'set'], path('par2'));
  const file = await open(path('par2/file'), 'r+');
  await file.write(Buffer.alloc(lost), 0, lost, 3 * lost);
  await file.close();
  const repair = timed('par2', ['repair', '-q', '-q', 'set'], path('par2'));
  return { bytes, create, verify, repair };
}

async function randomFile(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  const source = await open('/dev/urandom', 'r');
  try {
    const room = Buffer.alloc(MIB);
    for (let at = 0; at < size; at += room.length) {
      await source.read(room, 0, room.length);
      await file.write(room);
    }
  } finally {
    await source.close();
    await file.close();
  }
}

/**
 * Writing to and reading from the encrypted pool of an organization, beside a pool like the host's own (btrfs in a file, as Incus makes it); and beside what the kernel's
 * encryption gives without a pool in it, which is the limit.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vaultPaths } from '#engines/fscrypt/folders.ts';
import { releaseVaults } from '#engines/fscrypt/release.ts';
import { openVault } from '#engines/fscrypt/vaults.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const SIZE_MIB = 512;
const POOL_BYTES = 4 * 1024 ** 3;
const ROUNDS = 3;

const sh = (script: string, ...args: string[]) => execFileSync('sh', ['-c', script, 'sh', ...args]);

/** Seconds until it is on the disk. */
function write(folder: string, from: string, mebibytes: number): number {
  execFileSync('sync');
  const began = performance.now();
  sh(
    'dd if="$1" of="$2" bs=1M count="$3" conv=fsync status=none',
    from,
    join(folder, 'measured'),
    `${mebibytes}`,
  );
  return (performance.now() - began) / 1_000;
}

/** Seconds, with nothing of it in memory. */
function read(folder: string): number {
  sh('sync; echo 3 > /proc/sys/vm/drop_caches');
  const began = performance.now();
  sh('dd if="$1" of=/dev/null bs=1M status=none', join(folder, 'measured'));
  const seconds = (performance.now() - began) / 1_000;
  rmSync(join(folder, 'measured'));
  return seconds;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export const encryptedVolumes: Measure = {
  summary: 'writing to an organization’s encrypted pool, and reading from it',
  async run({ quick, say }) {
    const mebibytes = quick ? SIZE_MIB / 8 : SIZE_MIB;
    const folder = mkdtempSync(join(tmpdir(), 'bench-encrypted-'));
    try {
      const source = join(folder, 'random');
      sh('head -c "$1" /dev/urandom > "$2"', `${mebibytes * 1024 ** 2}`, source);
      const began = performance.now();
      const { id, path: encrypted } = openVault(folder, {
        key: randomBytes(64),
        make: { realm: '/orgs/bench', size_bytes: POOL_BYTES },
      });
      const made_s = (performance.now() - began) / 1_000;
      const plain = join(folder, 'plain');
      mkdirSync(plain);
      writeFileSync(`${plain}.img`, '');
      truncateSync(`${plain}.img`, POOL_BYTES);
      sh('mkfs.btrfs -q "$1.img" && mount -o loop,noatime,discard=async "$1.img" "$1"', plain);
      const places = { encrypted, plain, limit: vaultPaths(folder, id).secret };
      const rates = (what: keyof typeof places) => {
        const rounds = Array.from({ length: ROUNDS }, () => {
          const written = mebibytes / write(places[what], source, mebibytes);
          return { written, read: mebibytes / read(places[what]) };
        });
        const found = {
          written: median(rounds.map((round) => round.written)),
          read: median(rounds.map((round) => round.read)),
        };
        say(`${what}: ${Math.round(found.written)} MiB/s written, ${Math.round(found.read)} read`);
        return found;
      };
      const [own, hosts, limit] = [rates('encrypted'), rates('plain'), rates('limit')];
      const row = (what: string, of: 'written' | 'read'): Row => ({
        what,
        value: own[of],
        unit: 'MiB/s',
        peer: { what: 'a pool that is not encrypted', value: hosts[of] },
        note: `the kernel's encryption without a pool in it: ${Math.round(limit[of])} MiB/s`,
      });
      return {
        name: 'encrypted-volumes',
        rows: [
          row(`${mebibytes} MiB written and synced, in one stream`, 'written'),
          row('read again, nothing of it in memory', 'read'),
          { what: 'making the pool of an organization', value: made_s, unit: 's' },
        ],
      };
    } finally {
      releaseVaults(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

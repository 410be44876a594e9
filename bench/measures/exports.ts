/** Looking into text that is to leave, beside SHA-256 of the same bytes, which nothing that reads them can beat; and encrypting it, beside Debian’s `age` where it is installed. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encrypt } from '#gap/export/age/age.ts';
import { newIdentity, parseRecipient } from '#gap/export/age/keys.ts';
import { ownInspector } from '#gap/export/check/own-inspector.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const MIB = 1024 * 1024;
const PIECE_BYTES = MIB;
const SIZE_MIB = 128;
const AGE = '/usr/bin/age';

/** Lines of a log, as instances write them; the same each time. */
function logOf(bytes: number): Buffer {
  let seed = 1;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % limit;
  };
  const lines: string[] = [];
  for (let size = 0; size < bytes; size += (lines.at(-1)?.length ?? 0) + 1) {
    lines.push(
      `2026-11-22T0${below(10)}:${10 + below(50)}:${10 + below(50)}.${100 + below(900)}Z INFO region[${below(9_999)}] ` +
        `request ${below(1e9).toString(16)}-${below(65_536).toString(16)} GET /orgs/acme/apis/compute/v1/instances ` +
        `status=${200 + below(300)} bytes=${below(1e6)} took ${below(1_000)}.${below(100)} ms user=worker-${below(100)}`,
    );
  }
  return Buffer.from(lines.join('\n')).subarray(0, bytes);
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Seconds of CPU, of all threads. */
async function cpu_s(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export const exports: Measure = {
  summary: 'text that is to leave, looked into and encrypted',
  async run({ quick, say }) {
    const size = (quick ? SIZE_MIB / 8 : SIZE_MIB) * MIB;
    const log = logOf(size);
    const rate = (seconds: number) => size / MIB / seconds;
    let findings = 0;
    const inspector = ownInspector({ types: ['text'], off: [], markings: new Map() });
    const look = (bytes: Buffer) => inspector.inspect('a.log', pieces(bytes), () => void findings++);
    await look(log.subarray(0, 4 * MIB));
    const looked_s = await cpu_s(() => look(log));
    const hashed_s = await cpu_s(async () => void createHash('sha256').update(log).digest());
    say(`${findings} findings`);
    const { recipient } = newIdentity();
    let sealed = 0;
    const sealed_s = await cpu_s(async () => {
      for await (const chunk of encrypt(pieces(log), parseRecipient(recipient))) sealed += chunk.length;
    });
    const row: Row = {
      what: 'encrypting it for one recipient',
      value: rate(sealed_s),
      unit: 'MiB/s of CPU',
    };
    const age_s = existsSync(AGE) ? await theirs(log, recipient) : undefined;
    return {
      name: 'exports',
      rows: [
        {
          what: `looking into ${size / MIB} MiB of a log, every rule on`,
          value: rate(looked_s),
          unit: 'MiB/s of CPU',
          peer: { what: 'SHA-256 alone', value: rate(hashed_s) },
          note: `${findings} findings`,
        },
        age_s === undefined ? row : { ...row, peer: { what: 'age of Debian', value: rate(age_s) } },
        { what: 'what encrypting adds', value: sealed / size - 1, unit: 'of its size' },
      ],
    };
  },
};

/** CPU of `age`, as the shell counts it. */
async function theirs(log: Buffer, recipient: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'casemate-exports-'));
  try {
    await writeFile(join(folder, 'log'), log);
    const script = `TIMEFORMAT='%U %S'; time ${AGE} -r ${recipient} -o log.age log`;
    const text = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [user = 0, system = 0] = text.trim().split(' ').map(Number);
    return user + system;
  } finally {
    await rm(folder, { recursive: true });
  }
}

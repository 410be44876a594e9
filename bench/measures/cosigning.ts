/** What cosigning costs: a checkpoint signed, published with ML-DSA-44, and put before a witness that keeps what it saw on disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#kernel/clock.ts';
import { formatAddCheckpoint } from '#kernel/log/add-checkpoint.ts';
import { signCheckpoint } from '#kernel/log/checkpoint.ts';
import { cosign, cosignatureVerifier } from '#kernel/log/cosignature.ts';
import { append, EMPTY_FRONTIER, leafHash, root } from '#kernel/log/merkle.ts';
import { parseNote } from '#kernel/log/note.ts';
import { testCosigner, testSigner, vkeyOf } from '#trust/ledger/test-log.ts';
import { createWitness } from '#trust/witness/folder.ts';
import { Witness } from '#trust/witness/witness.ts';
import type { Measure } from './context.ts';

const PUBLISH_MS_MAX = 5;
const TIME_S = 1_795_000_000;

export const cosigning: Measure = {
  summary: 'a checkpoint signed, cosigned with ML-DSA-44, verified, and kept by a witness',
  async run({ quick }) {
    const count = quick ? 100 : 1_000;
    const signer = testSigner();
    const own = testCosigner(signer.origin, 6);
    const { frontier } = append(EMPTY_FRONTIER, [leafHash(Buffer.from('a leaf'))]);
    const note = signCheckpoint(signer, frontier.size, root(frontier));
    const { text } = parseNote(note);
    const verifier = cosignatureVerifier(own.name, 6, own.publicKey);
    const [signature] = parseNote(`${text}\n${await cosign(text, own, TIME_S)}`).signatures;
    const signed = await cpuOf(count, async () => signCheckpoint(signer, frontier.size, root(frontier)));
    const cosigned = await cpuOf(count, () => cosign(text, own, TIME_S));
    const verified = await cpuOf(count, async () => {
      if (!signature || !verifier.verify(Buffer.from(text), signature.signature))
        throw new Error('it should verify');
    });
    const folder = await mkdtemp(join(tmpdir(), 'bench-witness-'));
    try {
      const made = await createWitness(folder, 'bench.example/w');
      await made.follow(vkeyOf(signer));
      const witness = new Witness(made, systemClock, { splitView: () => {} });
      await witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: note }));
      const body = formatAddCheckpoint({ oldSize: 1, proof: [], checkpoint: note });
      const started = performance.now();
      for (let i = 0; i < count; i++) {
        const { code } = await witness.addCheckpoint(body);
        if (code !== 200) throw new Error(`the witness answered ${code}`);
      }
      const witnessed_ms = (performance.now() - started) / count;
      return {
        name: 'cosigning',
        rows: [
          {
            what: 'a checkpoint cosigned with ML-DSA-44, as when it is published',
            value: cosigned,
            unit: 'ms',
            target: { atMost: PUBLISH_MS_MAX },
            peer: { what: 'signed with Ed25519, as all are', value: signed },
            note: 'CPU time; on a thread of its own in a region',
          },
          { what: 'an ML-DSA-44 cosignature verified', value: verified, unit: 'ms', note: 'CPU time' },
          {
            what: 'an add-checkpoint, kept with fsync and cosigned with both keys',
            value: witnessed_ms,
            unit: 'ms',
            note: `elapsed, one after the other: ${Math.round(1_000 / witnessed_ms)}/s of one log`,
          },
        ],
      };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** CPU time of one, in milliseconds. */
async function cpuOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count / 1_000;
}

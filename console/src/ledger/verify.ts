/**
 * Whether a leaf is what a log signed: all of it computed here, from the leaf that is shown, the log's tiles and its public key. Nothing is asked of
 * the server but bytes, and no step believes them.
 */
import type { Leaf } from '../../../src/kernel/log/leaf.ts';
import type { Bytes } from './bytes.ts';
import { algorithmOf, type CosignerKey, checkCosignature } from './cosignature.ts';
import { openBody, openPersonal, parseLeaf, personalDigestOf } from './leaves.ts';
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { type Checkpoint, type LogKey, openCheckpoint, parseCheckpoint, parseNote } from './note.ts';
import { ProofError } from './problem.ts';
import { consistencyProof, inclusionProof, type LogSource, readBundle, TreeReader } from './proof.ts';
import { formatReceipt } from './receipt.ts';
import { type Remembered, remember } from './remembered.ts';
import { TILE_WIDTH } from './tiles.ts';
import { asText, type LogPlace, trustedKey } from './trusted-keys.ts';

/** In this order. */
export const STEPS = [
  'key',
  'signature',
  'postQuantum',
  'growth',
  'inclusion',
  'leaf',
  'record',
  'body',
] as const;
export type StepName = (typeof STEPS)[number];

export interface Step {
  readonly name: StepName;
  /** `absent`: there is nothing to look at, or no more: what it was is not proven, and nothing is said against it. */
  readonly state: 'good' | 'bad' | 'absent';
  readonly error?: ProofError;
  /** Of what is absent: there is something, and this browser has no way to check it. */
  readonly isUnsupported?: boolean;
}

export interface Verdict {
  readonly isVerified: boolean;
  readonly steps: readonly Step[];
  readonly key?: LogKey;
  readonly keyFrom?: Remembered['from'];
  readonly keySince?: string;
  readonly checkpoint?: Checkpoint;
  readonly leaf?: Leaf;
  /** Whether it was held against the object that it is shown as a change of. */
  readonly isOfObject?: boolean;
  /** As `casemate ledger prove` writes it; only of what is verified. */
  readonly receipt?: string;
}

export interface LeafClaim {
  readonly index: number;
  /** The very bytes that are shown. */
  readonly bytes: Bytes;
  /** What stands beside it of persons; undefined: nothing does, or it was erased. */
  readonly record?: unknown;
  /** The object as it was recorded; undefined: not kept, or not for this person. */
  readonly body?: Bytes | undefined;
  /** Of the object that it is shown as a change of. */
  readonly uid?: string;
}

/** Of the log now: the signed checkpoint, held against the one that was verified last. */
export async function openLog(place: LogPlace, key: LogKey, remembered: Remembered) {
  const note = asText(await place.source.read('checkpoint'), 'checkpoint');
  const checkpoint = await openCheckpoint(note, key);
  const reader = new TreeReader(place.source, checkpoint.size);
  return {
    note,
    checkpoint,
    reader,
    /** Throws ProofError when the log was rolled back or rewritten since. */
    async hasGrown(): Promise<void> {
      const before = remembered.checkpoint === undefined ? undefined : parseCheckpoint(remembered.checkpoint);
      if (before !== undefined && before.size > checkpoint.size)
        throw new ProofError(
          'rolled-back',
          `it had ${before.size} leaves when this browser last verified it, and now has ${checkpoint.size}`,
        );
      if (before !== undefined && before.size > 0) {
        const claim = {
          oldSize: before.size,
          oldRoot: before.root,
          newSize: checkpoint.size,
          newRoot: checkpoint.root,
          proof: await consistencyProof(reader, before.size, checkpoint.size),
        };
        if (!(await verifyConsistency(claim)))
          throw new ProofError(
            'rewritten',
            `its first ${before.size} leaves are not those that this browser verified`,
          );
      }
      remember(place.memory, place.prefix, place.log, { ...remembered, checkpoint: parseNote(note).text });
    },
  };
}

/** Reads one leaf of the log as it is signed now, with no step of proof. Throws ProofError. */
export async function readLeafBytes(source: LogSource, index: number): Promise<Bytes> {
  const { size } = parseCheckpoint(parseNote(asText(await source.read('checkpoint'), 'checkpoint')).text);
  const entry = (await readBundle(source, size, Math.floor(index / TILE_WIDTH)))[index % TILE_WIDTH];
  if (entry === undefined)
    throw new ProofError('missing', `the log has leaves 0 to ${size - 1}, and not ${index}`);
  return entry;
}

class Steps {
  readonly done: Step[] = [];

  /** Gives undefined for a step that went wrong. Throws what is no matter of proof, such as a lost connection. */
  async take<T>(name: StepName, step: () => Promise<T>): Promise<T | undefined> {
    try {
      const value = await step();
      this.done.push({ name, state: 'good' });
      return value;
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      this.done.push({ name, state: 'bad', error });
      return undefined;
    }
  }

  absent(name: StepName, isUnsupported = false): void {
    this.done.push({ name, state: 'absent', ...(isUnsupported ? { isUnsupported } : {}) });
  }

  get areGood(): boolean {
    return this.done.every(({ state }) => state !== 'bad');
  }
}

/** Of a log: its key, that it is signed, and that it has only grown. Throws only when it cannot be reached. */
export async function verifyLog(place: LogPlace): Promise<Verdict & { readonly note?: string }> {
  const steps = new Steps();
  const opened = await openedLog(place, steps);
  const { log, ...known } = opened;
  return {
    isVerified: steps.areGood && log !== undefined,
    steps: steps.done,
    ...known,
    ...(log === undefined ? {} : { checkpoint: log.checkpoint, note: log.note }),
  };
}

interface OpenedLog extends Pick<Verdict, 'key' | 'keyFrom' | 'keySince'> {
  readonly log?: Awaited<ReturnType<typeof openLog>>;
}

async function openedLog(place: LogPlace, steps: Steps): Promise<OpenedLog> {
  const trusted = await steps.take('key', () => trustedKey(place));
  if (trusted === undefined) return {};
  const { key, cosigner, remembered } = trusted;
  const known = { key, keyFrom: remembered.from, keySince: remembered.since };
  const log = await steps.take('signature', () => openLog(place, key, remembered));
  if (log === undefined) return known;
  await postQuantum(steps, log.note, cosigner);
  if (remembered.checkpoint === undefined) {
    await log.hasGrown();
    steps.absent('growth');
  } else await steps.take('growth', log.hasGrown);
  return { ...known, log };
}

/** The log's own second signature, which holds when Ed25519 does not any more: as far as the log has one, and this browser the algorithm. */
async function postQuantum(steps: Steps, note: string, cosigner: CosignerKey | undefined): Promise<void> {
  if (cosigner === undefined) {
    steps.absent('postQuantum');
    return;
  }
  const { text, signatures } = parseNote(note);
  const { name, keyId } = cosigner;
  const own = signatures.filter((one) => one.name === name && one.keyId === keyId);
  const checked = await Promise.all(own.map((one) => checkCosignature(cosigner, one, text)));
  if (checked.includes('no-algorithm')) {
    steps.absent('postQuantum', true);
    return;
  }
  await steps.take('postQuantum', async () => {
    if (checked.length === 0 || checked.includes('bad'))
      throw new ProofError(
        'signature',
        checked.length === 0
          ? `the checkpoint is not signed by ${name}+${keyId}, the log’s key of ${algorithmOf(cosigner)}`
          : `the signature of ${name}+${keyId} (${algorithmOf(cosigner)}) does not fit the checkpoint`,
      );
  });
}

/** Throws only when the log cannot be reached. */
export async function verifyLeaf(place: LogPlace, claim: LeafClaim): Promise<Verdict> {
  const steps = new Steps();
  const { log, ...known } = await openedLog(place, steps);
  if (log === undefined) return { isVerified: false, steps: steps.done, ...known };
  const { checkpoint, reader, note } = log;
  const hashes = await steps.take('inclusion', async () => {
    const { index } = claim;
    if (index >= checkpoint.size)
      throw new ProofError(
        'not-signed-yet',
        `the log has signed its first ${checkpoint.size} leaves, and not leaf ${index} yet`,
      );
    const proof = await inclusionProof(reader, index, checkpoint.size);
    const hash = await leafHash(claim.bytes);
    if (
      !(await verifyInclusion({ index, size: checkpoint.size, leafHash: hash, proof, root: checkpoint.root }))
    )
      throw new ProofError(
        'not-included',
        `this is not leaf ${index} of the ${checkpoint.size} leaves that ${checkpoint.origin} signed`,
      );
    return proof;
  });
  const leaf = await steps.take('leaf', async () => {
    const parsed = parseLeaf(claim.bytes, claim.index);
    if (claim.uid !== undefined && !(parsed.type === 'change' && parsed.uid === claim.uid))
      throw new ProofError('other-object', `leaf ${claim.index} is about another object`);
    return parsed;
  });
  if (leaf !== undefined) await besideLeaf(steps, leaf, claim);
  const isVerified = steps.areGood && hashes !== undefined;
  return {
    isVerified,
    steps: steps.done,
    ...known,
    checkpoint,
    ...(leaf === undefined ? {} : { leaf, isOfObject: claim.uid !== undefined }),
    ...(isVerified
      ? { receipt: formatReceipt({ index: claim.index, leaf: claim.bytes, hashes, checkpoint: note }) }
      : {}),
  };
}

/** What stands beside it, as far as there is any. */
async function besideLeaf(steps: Steps, leaf: Leaf, { record, body }: LeafClaim): Promise<void> {
  if (personalDigestOf(leaf) === undefined || record === undefined) steps.absent('record');
  else await steps.take('record', () => openPersonal(leaf, record));
  if (leaf.type !== 'change' || body === undefined) steps.absent('body');
  else await steps.take('body', () => openBody(leaf.index, leaf.digest, body));
}

/**
 * The key ceremony: seals the region's master key for k of n custodians, or under a passphrase. Each custodian sees their own share and
 * nobody else's, and reads it back from paper before anything is written. What is kept of it is a transcript of digests, without a secret.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { KEY_BYTES, type SymmetricKey, symmetricKey } from '../wrapping.ts';
import { clearMaster, keepSealed, readSealed } from './master-store.ts';
import {
  checkShare,
  openWithShares,
  type SealedMaster,
  sealedDigest,
  sealWithPassphrase,
  sealWithShares,
  shareDigest,
  UnsealError,
} from './sealed-master.ts';
import { parseShare, type Share, ShareError, shareText } from './share-text.ts';
import { Unsealing } from './unsealing.ts';

/** How often a custodian may mistype before the ceremony ends without having changed anything. */
const READ_BACK_TRIES = 5;

export interface Custodian {
  readonly name: string;
  readonly index: number;
  readonly of: number;
}

/** The people in the room. */
export interface CeremonyRoom {
  /** Shows a share to its custodian alone; resolves when it is written down and out of sight. */
  show(custodian: Custodian, share: string): Promise<void>;
  /** What the custodian reads back from paper; undefined where nobody is asked to. */
  readBack(custodian: Custodian, problem: string | undefined): Promise<string | undefined>;
  /** What opens the seal that is there now, again and again until it is open; `problem`: what was wrong last. */
  open(state: Unsealing['state'], problem: string | undefined): Promise<string>;
}

export type SealChoice =
  | { readonly seal: 'passphrase'; readonly passphrase: Uint8Array }
  | { readonly seal: 'shares'; readonly threshold: number; readonly custodians: readonly string[] };

export interface CeremonyOptions {
  /** The region's keys folder. */
  readonly folder: string;
  readonly region: string;
  readonly choice: SealChoice;
  readonly room: CeremonyRoom;
  readonly clock: Clock;
}

/** Seals a key that lies in the clear, or one that is made now and never was on disk. Gives the transcript. Throws UnsealError. */
export async function beginSeal(options: CeremonyOptions): Promise<string> {
  const { folder } = options;
  if (await readSealed(folder)) {
    throw new UnsealError(
      'the master key is sealed already; for other custodians or another passphrase: rotate',
    );
  }
  const found = await clearMaster(folder);
  const masterKey = found ?? symmetricKey(new Uint8Array(randomBytes(KEY_BYTES)));
  const origin = found
    ? 'the key that lay in the clear in master.key, which was overwritten and removed'
    : 'made in this ceremony; it never was on disk in the clear';
  return sealAnew(options, masterKey, origin);
}

/** Opens the seal with what the room gives, and seals the same key anew. Gives the transcript. */
export async function rotateSeal(options: CeremonyOptions): Promise<string> {
  const { folder, room } = options;
  const sealed = await readSealed(folder);
  if (!sealed) throw new UnsealError('the master key is not sealed; begin with: init');
  const masterKey = await openIn(room, sealed);
  return sealAnew(options, masterKey, `opened with the seal before (${describe(sealed)})`);
}

export async function openIn(room: CeremonyRoom, sealed: SealedMaster): Promise<SymmetricKey> {
  const unsealing = new Unsealing(sealed);
  let problem: string | undefined;
  while (!unsealing.state.open) {
    const offered = await room.open(unsealing.state, problem);
    try {
      await unsealing.offer(offered);
      problem = undefined;
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      problem = error.message;
    }
  }
  return unsealing.masterKey;
}

export async function sealAnew(
  { folder, region, choice, room, clock }: CeremonyOptions,
  masterKey: SymmetricKey,
  origin: string,
): Promise<string> {
  const lines: string[] = [];
  let sealed: SealedMaster;
  if (choice.seal === 'passphrase') {
    sealed = await sealWithPassphrase(region, masterKey, choice.passphrase);
  } else {
    const { threshold, custodians } = choice;
    const shared = await sealWithShares(region, masterKey, threshold, custodians.length);
    sealed = shared.sealed;
    // Before anybody relies on it.
    await openWithShares(shared.sealed, shared.shares.slice(-threshold));
    for (const [at, share] of shared.shares.entries()) {
      const custodian = { name: custodians[at] ?? '', index: at + 1, of: custodians.length };
      const digest = shareDigest(share.bytes);
      const checked = await handOver(room, custodian, share, (read) => checkShare(shared.sealed, read));
      share.bytes.fill(0);
      lines.push(
        `  ${custodian.index}  ${digest}  ${custodian.name}${checked ? ', who read it back' : ', not read back'}`,
      );
    }
  }
  const text = await keepSealed(folder, sealed);
  return [
    `Key ceremony of region ${region}`,
    '',
    `time                  ${rfc3339(clock.now())}`,
    `master key            id ${masterKey.id}, ${origin}`,
    `sealed                ${describe(sealed)}`,
    `SHA-256 of the seal   ${sealedDigest(text)}  (master.sealed)`,
    ...(lines.length === 0 ? [] : ['', 'SHA-256 of each share, and who holds it:', ...lines]),
    '',
    'This transcript holds no secret. Signed by those who were there:',
    '',
    '',
  ].join('\n');
}

async function handOver(
  room: CeremonyRoom,
  custodian: Custodian,
  share: Share,
  check: (read: Share) => void,
): Promise<boolean> {
  await room.show(custodian, shareText(share));
  let problem: string | undefined;
  for (let attempt = 0; attempt < READ_BACK_TRIES; attempt++) {
    const text = await room.readBack(custodian, problem);
    if (text === undefined) return false;
    try {
      const read = parseShare(text);
      check(read);
      if (read.index === share.index) return true;
      problem = `that is share ${read.index}, not yours`;
    } catch (error) {
      if (!(error instanceof ShareError || error instanceof UnsealError)) throw error;
      problem = error.message;
    }
  }
  throw new UnsealError(
    `${custodian.name} could not read share ${custodian.index} back; nothing was changed`,
  );
}

function describe(sealed: SealedMaster): string {
  if (sealed.seal === 'shares') {
    return `${sealed.threshold} of ${sealed.digests.length} shares (Shamir), ceremony ${sealed.set}`;
  }
  const { memory_KiB, passes, parallelism } = sealed.kdf;
  return `passphrase (argon2id, ${memory_KiB / 1024} MiB, ${passes} passes, ${parallelism} lanes)`;
}

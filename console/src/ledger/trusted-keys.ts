/**
 * Which keys of a log to believe: those that this browser remembers from when it first saw them, or as somebody copied them from paper. A log has one of Ed25519, and
 * beside it one of ML-DSA-44 since there are such.
 */
import type { Bytes } from './bytes.ts';
import { type CosignerKey, parseCosigner } from './cosignature.ts';
import { isSameKey, type LogKey, parseKeys, vkeysIn } from './note.ts';
import { ProofError } from './problem.ts';
import type { LogSource } from './proof.ts';
import { type Memory, type Remembered, recall, remember } from './remembered.ts';

export interface LogPlace {
  readonly source: LogSource;
  readonly memory: Memory;
  readonly prefix: string;
  readonly log: 'changes' | 'access';
  /** RFC 3339. */
  now(): string;
}

/** Throws ProofError where the log does not give it. */
export const asText = (bytes: Bytes | undefined, path: string): string => {
  if (bytes === undefined) throw new ProofError('missing', `the log does not give its ${path}`);
  return new TextDecoder().decode(bytes);
};

/** The one post-quantum key among a log's keys, of which there may be none. Throws ProofError. */
async function cosignerIn(text: string, name: string): Promise<CosignerKey | undefined> {
  const keys = (await Promise.all(vkeysIn(text).map(parseCosigner))).filter((key) => key !== undefined);
  const [key, ...others] = keys;
  if (others.length > 0 || (key !== undefined && key.name !== name))
    throw new ProofError('key', 'a log has at most one key that cosigns, under its own name');
  return key;
}

/** The key to verify by: the remembered one, or at first sight the one that the log says is its own. Throws ProofError when the log now shows another. */
export async function trustedKey({ source, memory, prefix, log, now }: LogPlace): Promise<{
  readonly key: LogKey;
  readonly cosigner: CosignerKey | undefined;
  readonly remembered: Remembered;
}> {
  const text = asText(await source.read('key'), 'key');
  const served = await parseKeys(text);
  const cosigner = await cosignerIn(text, served.name);
  const known = recall(memory, prefix, log);
  if (known !== undefined) {
    const key = await parseKeys(known.vkey);
    const before = known.cosigner === undefined ? undefined : await parseCosigner(known.cosigner);
    if (!isSameKey(key, served)) throw otherKey(key, served);
    // One that is shown no more is what is verified by all the same.
    if (before !== undefined && cosigner !== undefined && before.vkey !== cosigner.vkey)
      throw otherKey(before, cosigner);
    if (before !== undefined || cosigner === undefined) return { key, cosigner: before, remembered: known };
  }
  const remembered: Remembered = {
    ...(known ?? { vkey: served.vkey, from: 'first sight', since: now() }),
    ...(cosigner === undefined ? {} : { cosigner: cosigner.vkey }),
  };
  remember(memory, prefix, log, remembered);
  return { key: served, cosigner, remembered };
}

type Named = Pick<LogKey, 'name' | 'keyId'>;

const otherKey = (key: Named, served: Named): ProofError =>
  new ProofError(
    'key-changed',
    `remembered is ${key.name}+${key.keyId}, the log now shows ${served.name}+${served.keyId}`,
  );

/** Takes the keys that a person copied from paper as those to believe. Gives whether the log shows the same. Throws ProofError. */
export async function trustPaper(
  { source, memory, prefix, log, now }: LogPlace,
  text: string,
): Promise<boolean> {
  const key = await parseKeys(text);
  const shown = asText(await source.read('key'), 'key');
  const served = await parseKeys(shown);
  if (key.name !== served.name)
    throw new ProofError('key', `that is the key of ${key.name}, and this is the log ${served.name}`);
  const cosigner = await cosignerIn(text, key.name);
  const servedCosigner = await cosignerIn(shown, key.name);
  remember(memory, prefix, log, {
    vkey: key.vkey,
    from: 'paper',
    since: now(),
    ...(cosigner === undefined ? {} : { cosigner: cosigner.vkey }),
  });
  return isSameKey(key, served) && (cosigner === undefined || cosigner.vkey === servedCosigner?.vkey);
}

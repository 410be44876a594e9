/**
 * How a log's own post-quantum key takes part: it cosigns what is published, under the log's own name. Ed25519 alone signs what is only kept.
 */
import type { LogCosigner } from '../keys.ts';
import { cosign, cosignerVkey } from './cosignature.ts';
import { parseNote, SIGNATURE_TYPE } from './note.ts';

const { mlDsa44Cosignature } = SIGNATURE_TYPE;

/** Adds the log's ML-DSA-44 cosignature to its signed checkpoint. `time_s`: seconds since the Unix epoch. */
export async function cosignOwn(note: string, cosigner: LogCosigner, time_s: number): Promise<string> {
  const { name, publicKey } = cosigner;
  const sign = (message: Uint8Array) => cosigner.sign(message);
  return `${note}${await cosign(parseNote(note).text, { name, publicKey, type: mlDsa44Cosignature, sign }, time_s)}`;
}

/** The vkey of a log's cosigner. */
export const logCosignerVkey = ({ name, publicKey }: LogCosigner): string =>
  cosignerVkey({ name, type: mlDsa44Cosignature, publicKey });

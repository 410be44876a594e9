/** What leaves say: each is canonical JSON, with what it says of persons in a record beside it that may be erased. Pure. */
import type { Leaf } from '../../../src/kernel/log/leaf.ts';
import type { PersonalRecord, WholeLeaf } from '../../../src/kernel/log/personal.ts';
import { type Bytes, hex, sha256, textOf } from './bytes.ts';
import { canonical, canonicalBytes } from './canonical.ts';
import { ProofError } from './problem.ts';

/** What a salted body begins with; JSON never does. */
const SALTED = 0x01;
const SALT_BYTES = 36;

export const digestOf = async (bytes: Bytes): Promise<string> => `sha256:${hex(await sha256(bytes))}`;

/** Throws ProofError for what is no leaf, is not at its place, or is not spelled canonically. */
export function parseLeaf(bytes: Bytes, index: number): Leaf {
  let value: unknown;
  let text = '';
  try {
    text = textOf(bytes);
    value = JSON.parse(text);
  } catch {
    throw new ProofError('leaf', `leaf ${index} is not JSON`);
  }
  const { type, index: said, time } = (value ?? {}) as Partial<Leaf>;
  if (typeof type !== 'string' || typeof time !== 'string')
    throw new ProofError('leaf', `leaf ${index} has no type or no time`);
  if (said !== index) throw new ProofError('leaf', `leaf ${index} says that it is leaf ${String(said)}`);
  if (canonical(value) !== text) throw new ProofError('leaf', `leaf ${index} is not in canonical form`);
  return value as Leaf;
}

/** The digest of what stands beside a leaf of persons; undefined where nothing does. */
export const personalDigestOf = (leaf: Leaf): string | undefined =>
  'personal' in leaf ? leaf.personal : undefined;

/** Throws ProofError when it is not the record that the leaf was written with. */
export async function openPersonal(leaf: Leaf, record: unknown): Promise<PersonalRecord> {
  if ((await digestOf(canonicalBytes(record))) !== personalDigestOf(leaf))
    throw new ProofError(
      'record',
      `what stands beside leaf ${leaf.index} of persons is not what it was written with`,
    );
  return record as PersonalRecord;
}

/** A leaf with what stands beside it, without the salt. */
export function wholeLeaf(leaf: Leaf, record: PersonalRecord | undefined): WholeLeaf {
  if (record === undefined) return leaf;
  const { salt: _salt, ...fields } = record;
  return { ...leaf, ...fields };
}

/** The object that a body is. Throws ProofError when it is not the one that the leaf was written for. */
export async function openBody(
  index: number,
  digest: string,
  bytes: Bytes,
): Promise<Readonly<Record<string, unknown>>> {
  if ((await digestOf(bytes)) !== digest)
    throw new ProofError('body', `the recorded object of leaf ${index} is not the one it was written for`);
  return JSON.parse(textOf(bytes[0] === SALTED ? bytes.slice(1 + SALT_BYTES) : bytes));
}

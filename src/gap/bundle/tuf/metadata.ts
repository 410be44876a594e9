/**
 * One TUF metadata file, read and written. What is signed is the canonical JSON of the signed part, with `@tufjs/canonical-json`; the same file
 * goes through `@tufjs/models` as well, so that what we accept is metadata for others too.
 */

import { hash } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';
import { Metadata, MetadataKind } from '@tufjs/models';
import type { Static, TSchema } from 'typebox';
import { messageOf, parseJson, valueChecker } from '../json.ts';
import { BundleError } from '../problem.ts';
import {
  Envelope,
  RootSigned,
  type Signature,
  SnapshotSigned,
  TargetsSigned,
  TimestampSigned,
} from './schema.ts';

export interface Signable<S> {
  readonly signed: S;
  readonly signatures: readonly Signature[];
  /** What the signatures are over. */
  readonly bytes: Buffer;
}

export type RoleName = 'root' | 'targets' | 'snapshot' | 'timestamp';

/** For what is not yet signed. */
export const signable = <S extends object>(
  signed: S,
  signatures: readonly Signature[] = [],
): Signable<S> => ({
  signed,
  signatures,
  bytes: canonicalBytes(signed),
});

/** Strings that are no Unicode would become the same bytes as others: they are refused. */
export function canonicalBytes(value: unknown): Buffer {
  const text = canonicalize(value);
  if (!text.isWellFormed()) throw new TypeError('a string in it is no Unicode');
  return Buffer.from(text, 'utf8');
}

/** SHA-256 of the signed part, in hexadecimal. */
export const signedDigest = (file: Signable<unknown>): string => hash('sha256', file.bytes, 'hex');

const readEnvelope = valueChecker(Envelope);

function reader<T extends TSchema>(schema: T, kind: MetadataKind) {
  const check = valueChecker(schema);
  return (bytes: Uint8Array, part: string): Signable<Static<T>> => {
    const envelope = readEnvelope(parseJson(bytes, part), part);
    const signed = check(envelope.signed, part);
    const seen = new Set<string>();
    for (const { keyid } of envelope.signatures) {
      if (seen.has(keyid)) throw new BundleError('Malformed', part, `the key ${keyid} signed it twice`);
      seen.add(keyid);
    }
    try {
      // Throws for what is not metadata of this kind in the eyes of others.
      modelOf(kind, envelope);
      return { signed, signatures: envelope.signatures, bytes: canonicalBytes(signed) };
    } catch (error) {
      throw new BundleError('Malformed', part, `is no TUF metadata: ${messageOf(error)}`);
    }
  };
}

function modelOf(kind: MetadataKind, envelope: object) {
  // Its types know JSON only, and one overload for each kind.
  const data = envelope as Parameters<typeof Metadata.fromJSON>[1];
  switch (kind) {
    case MetadataKind.Root:
      return Metadata.fromJSON(kind, data);
    case MetadataKind.Targets:
      return Metadata.fromJSON(kind, data);
    case MetadataKind.Snapshot:
      return Metadata.fromJSON(kind, data);
    default:
      return Metadata.fromJSON(MetadataKind.Timestamp, data);
  }
}

/** Throw BundleError that names `part`; check no signature. */
export const readRoot = reader(RootSigned, MetadataKind.Root);
export const readTargets = reader(TargetsSigned, MetadataKind.Targets);
export const readSnapshot = reader(SnapshotSigned, MetadataKind.Snapshot);
export const readTimestamp = reader(TimestampSigned, MetadataKind.Timestamp);

/** The file, in canonical JSON; signatures in the order of their keyids. */
export const metadataBytes = ({ signed, signatures }: Signable<unknown>): Buffer =>
  canonicalBytes({ signatures: signatures.toSorted((a, b) => (a.keyid < b.keyid ? -1 : 1)), signed });

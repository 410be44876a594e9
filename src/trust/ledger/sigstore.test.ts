// Somebody else's verifier, handed our checkpoints and proofs: nothing here checks them with code of our own.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { verifyTLogInclusion } from '@sigstore/verify/dist/tlog/index.js';
import { keyId } from '#kernel/log/note.ts';
import { inclusionProof, tileHashReader } from '#kernel/log/proof.ts';
import { tilePath } from '#kernel/log/tile.ts';
import { parseProof, proveInclusion } from './receipt.ts';
import {
  cosignedBy,
  encodeAll,
  logFiles,
  memorySource,
  testCosigner,
  testLeaves,
  testSigner,
  vkeyOf,
} from './test-log.ts';

type TrustedRoot = Parameters<typeof toTrustMaterial>[0];
type Bundle = Parameters<typeof toSignedEntity>[0];
type LogEntry = Parameters<typeof verifyTLogInclusion>[0];

const PKIX_ED25519 = 7;
const SHA2_256 = 1;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const signer = testSigner();
const logKeyId = keyId(signer.origin, signer.publicKey);
const SIZE = 300;
const entries = encodeAll(testLeaves(signer, SIZE));

/** The library's trust in our log, by the log's name and public key only; and in the key that signs an artifact. */
function trustMaterial(artifactKey: Buffer) {
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [],
    timestampAuthorities: [],
    ctlogs: [],
    tlogs: [
      {
        baseUrl: signer.origin,
        hashAlgorithm: SHA2_256,
        publicKey: { rawBytes: Buffer.concat([SPKI_PREFIX, signer.publicKey]), keyDetails: PKIX_ED25519 },
        checkpointKeyId: { keyId: logKeyId },
        operator: '',
      },
    ],
  };
  const keys = { artifact: { rawBytes: artifactKey, keyDetails: PKIX_ED25519, validFor: undefined } };
  return toTrustMaterial(root as unknown as TrustedRoot, keys);
}

/** One of our proofs in the form a Sigstore bundle carries it. */
function logEntry(index: number, body: Uint8Array, hashes: readonly Buffer[], checkpoint: string): LogEntry {
  return {
    logIndex: String(index),
    logId: { keyId: logKeyId },
    kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
    integratedTime: '0',
    inclusionPromise: undefined,
    inclusionProof: {
      logIndex: String(index),
      rootHash: Buffer.of(),
      treeSize: String(SIZE),
      hashes: [...hashes],
      checkpoint: { envelope: checkpoint },
    },
    canonicalizedBody: Buffer.from(body),
  };
}

test('@sigstore/verify confirms the receipts of our leaves: checkpoint signature and inclusion', async () => {
  const source = memorySource(logFiles(signer, entries));
  const { tlogs } = trustMaterial(Buffer.of());
  for (const index of [0, 1, 255, 256, 299]) {
    const receipt = parseProof(await proveInclusion(source, vkeyOf(signer), index));
    const leaf = receipt.extra ?? assert.fail('no leaf');
    verifyTLogInclusion(logEntry(index, leaf, receipt.hashes, receipt.checkpoint), tlogs);
  }
});

test('@sigstore/verify confirms receipts whose checkpoint witnesses and the log’s post-quantum key cosigned as well', async () => {
  const files = logFiles(signer, entries);
  const note = files.get('checkpoint')?.toString() ?? assert.fail('no checkpoint');
  const cosigners = [testCosigner(signer.origin, 6), testCosigner('tenant.example/w1')];
  files.set('checkpoint', Buffer.from(await cosignedBy(note, cosigners)));
  const { tlogs } = trustMaterial(Buffer.of());
  const receipt = parseProof(await proveInclusion(memorySource(files), vkeyOf(signer), 77));
  verifyTLogInclusion(logEntry(77, entries[77] ?? assert.fail(), receipt.hashes, receipt.checkpoint), tlogs);
});

test('@sigstore/verify refuses the receipt of another leaf, another place, or another signer', async () => {
  const source = memorySource(logFiles(signer, entries));
  const { tlogs } = trustMaterial(Buffer.of());
  const { hashes, checkpoint, extra } = parseProof(await proveInclusion(source, vkeyOf(signer), 77));
  const leaf = extra ?? assert.fail('no leaf');
  const refused = (entry: LogEntry, message: string) =>
    assert.throws(() => verifyTLogInclusion(entry, tlogs), { code: 'TLOG_INCLUSION_PROOF_ERROR', message });
  const notIncluded = 'calculated root hash does not match inclusion proof';
  refused(logEntry(77, entries[78] ?? leaf, hashes, checkpoint), notIncluded);
  refused(logEntry(76, leaf, hashes, checkpoint), notIncluded);
  const resized = checkpoint.replace('\n300\n', '\n301\n');
  refused(logEntry(77, leaf, hashes, resized), 'invalid checkpoint signature');
});

test('@sigstore/verify verifies a whole bundle whose transparency log is one of ours', async () => {
  const artifact = Buffer.from('an artifact that somebody signed and logged');
  const digest = createHash('sha256').update(artifact).digest();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = sign('sha256', artifact, privateKey);
  const body = Buffer.from(
    JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: digest.toString('hex') } },
        signature: { content: signature.toString('base64'), publicKey: { content: '' } },
      },
    }),
  );
  const index = 200;
  const files = logFiles(signer, entries.with(index, body));
  const read = tileHashReader(SIZE, async (tile) => files.get(tilePath(tile)) ?? assert.fail(tilePath(tile)));
  const proof = await inclusionProof(index, SIZE, read);
  const checkpoint = files.get('checkpoint')?.toString() ?? assert.fail('no checkpoint');
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    content: {
      $case: 'messageSignature',
      messageSignature: { messageDigest: { algorithm: SHA2_256, digest }, signature },
    },
    verificationMaterial: {
      content: { $case: 'publicKey', publicKey: { hint: 'artifact' } },
      tlogEntries: [logEntry(index, body, proof, checkpoint)],
      timestampVerificationData: undefined,
    },
  };
  const artifactKey = publicKey.export({ format: 'der', type: 'spki' });
  const verifier = new Verifier(trustMaterial(artifactKey), { tlogThreshold: 1, timestampThreshold: 0 });
  const entity = toSignedEntity(bundle as unknown as Bundle, artifact);
  assert.equal(verifier.verify(entity).key.asymmetricKeyType, 'ec');
  const other = toSignedEntity(bundle as unknown as Bundle, Buffer.from('another artifact'));
  assert.throws(() => verifier.verify(other), { code: 'SIGNATURE_ERROR' });
});

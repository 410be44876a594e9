/** Keys in an HSM: each version is a key of its own there, made inside and never outside. Public halves are verified with in software. */
import { createPublicKey, hash } from 'node:crypto';
import { unavailable } from '#kernel/errors.ts';
import type { Hsm, HsmAlgorithm, HsmPublicPoint } from '#kernel/hsm.ts';
import { FACTS, HSM_ALGORITHMS } from './algorithms.ts';
import type { KeyBackend, VersionRef } from './backend.ts';

const RETRY_S = 5;

const labelOf = ({ keyUid, version }: Pick<VersionRef, 'keyUid' | 'version'>) =>
  `casemate key ${keyUid} ${version}`;
const groupOf = (keyUid: string) => `key ${keyUid}`;

function algorithmOf({ algorithm }: VersionRef): HsmAlgorithm {
  const found = HSM_ALGORITHMS.find((one) => one === algorithm);
  if (found === undefined) throw new Error(`${algorithm} is not for an HSM`);
  return found as HsmAlgorithm;
}

function pem(curve: 'P-256' | 'P-384', { x, y }: HsmPublicPoint): string {
  const coordinate = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const key = { kty: 'EC', crv: curve, x: coordinate(x), y: coordinate(y) };
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
}

export function hsmBackend(hsm: Hsm): KeyBackend {
  const there = ({ version }: VersionRef, made: Buffer | undefined): Buffer => {
    if (made) return made;
    throw unavailable(
      `version ${version} is not in the HSM "${hsm.name}"; if it was just destroyed, that is why`,
      RETRY_S,
    );
  };
  return {
    async make(ref) {
      const point = await hsm.make({ label: labelOf(ref), group: groupOf(ref.keyUid) }, algorithmOf(ref));
      const { material } = FACTS[ref.algorithm];
      return point && material.type === 'ec' ? { publicKey: pem(material.curve, point) } : {};
    },
    seal: async (ref, plaintext, additionalData) =>
      there(ref, await hsm.seal(labelOf(ref), plaintext, additionalData)),
    open: (ref, sealed, additionalData) => hsm.open(labelOf(ref), sealed, additionalData),
    async sign(ref, message) {
      const { material } = FACTS[ref.algorithm];
      if (material.type !== 'ec') throw new Error(`${ref.algorithm} signs nothing in an HSM`);
      return there(ref, await hsm.sign(labelOf(ref), hash(material.digest, message, 'buffer')));
    },
    mac: async (ref, message) => there(ref, await hsm.mac(labelOf(ref), message)),
    random: (bytes) => hsm.random(bytes),
    destroy: (ref) => hsm.destroy(labelOf(ref)),
    destroyAll: (_realm, keyUid) => hsm.destroyGroup(groupOf(keyUid)),
  };
}

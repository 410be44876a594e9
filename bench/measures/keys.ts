/**
 * Uses of Keys per second, in software and in SoftHSM2, each beside the raw primitive in the same run; and how long it takes from a lost HSM to
 * the first operation that works again. Without the wire: what the API adds is what `gets` measures.
 */
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { type SoftHsm, startSoftHsm } from '#engines/pkcs11/testing/softhsm.ts';
import { systemClock } from '#kernel/clock.ts';
import { keyBackends } from '#trust/keys/backends.ts';
import type { KeyBackend, VersionRef } from '#trust/keys/key/backend.ts';
import { headerOf } from '#trust/keys/key/envelope.ts';
import { hsmBackend } from '#trust/keys/key/hsm.ts';
import { softwareKeyring } from '#trust/keys/keyring.ts';
import { memoryKeyStorage } from '#trust/keys/memory-key-storage.ts';
import { symmetricKey } from '#trust/keys/wrapping.ts';
import type { Measure } from './context.ts';

const PLAINTEXT = randomBytes(1_024);
const REALM = '/orgs/bench';
/** Operations under way at once: enough to keep agent and module at work. */
const CONCURRENCY = 16;
const RECOVERIES = 5;

const ref: VersionRef = {
  realm: REALM,
  keyUid: '00000000-0000-4000-8000-000000000001',
  version: 1,
  algorithm: 'AES-256-GCM',
};

export const keys: Measure = {
  summary: 'encryptions per second with Keys in software and in SoftHSM2, and recovery from a lost HSM',
  async run({ quick, say }) {
    const count = quick ? 2_000 : 20_000;
    const storage = memoryKeyStorage();
    const masterKey = symmetricKey(new Uint8Array(32).fill(1));
    const keyring = softwareKeyring({ region: 'bench', storage, masterKey, clock: systemClock });
    await keyring.create(REALM);
    const hsm = await startSoftHsm();
    try {
      const hardware = hsmBackend(hsm.client);
      const { software } = keyBackends(keyring);
      await software.make(ref);
      await hardware.make(ref);
      say(`${count} encryptions of ${PLAINTEXT.length} bytes in software, a tenth of that in SoftHSM2`);
      const raw = await perSecond(10 * count, 1, rawEncryption());
      const inSoftware = await perSecond(10 * count, 1, encryption(software));
      const inHsm = await perSecond(count / 10, CONCURRENCY, encryption(hardware));
      const recovery_ms = await recovery(hsm, hardware);
      const peer = { what: 'the primitive alone', value: raw };
      return {
        name: 'keys',
        rows: [
          { what: 'encrypt 1 KiB, Key in software', value: inSoftware, unit: '/s', peer },
          { what: 'encrypt 1 KiB, Key in SoftHSM2, through its agent', value: inHsm, unit: '/s', peer },
          {
            what: 'from the loss of the HSM’s process to the first encryption, median',
            value: recovery_ms,
            unit: 'ms',
            note: 'a new process loads the module, logs in and finds the key',
          },
        ],
      };
    } finally {
      await hsm.close();
    }
  },
};

/** A backend, with the envelope that a use puts around. */
function encryption(backend: KeyBackend): () => Promise<unknown> {
  return async () => {
    const header = headerOf({ use: 'encrypt', keyUid: ref.keyUid, version: ref.version });
    return Buffer.concat([header, await backend.seal(ref, PLAINTEXT, header)]);
  };
}

function rawEncryption(): () => Promise<unknown> {
  const key = createSecretKey(randomBytes(32));
  return async () => {
    const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12), { authTagLength: 16 });
    return Buffer.concat([cipher.update(PLAINTEXT), cipher.final(), cipher.getAuthTag()]);
  };
}

async function perSecond(count: number, concurrency: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let left = count;
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (count / (performance.now() - started)) * 1_000;
}

/** The median of some losses. */
async function recovery(hsm: SoftHsm, backend: KeyBackend): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < RECOVERIES; round++) {
    await hsm.unplug();
    await hsm.plug();
    const started = performance.now();
    for (let works = false; !works; ) {
      works = await backend.seal(ref, PLAINTEXT, Buffer.alloc(0)).then(
        () => true,
        () => false,
      );
    }
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(RECOVERIES / 2)] ?? Number.NaN;
}

/**
 * The folder of a witness: its keys, the logs it follows, and for each the checkpoint it cosigned last. What is lost of it is lost for good: a
 * witness that forgot what it saw is worth nothing, so it is made once and never made anew in the same place.
 *
 *   name                       under which it cosigns
 *   keys/{ed25519,ml-dsa-44}.pem
 *   logs                       `log <vkey>` lines, as in a policy
 *   latest/<sha256 of origin>  the checkpoint, with the cosignatures it was given
 *   split-views/…              evidence against logs, one file each
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cosigner, rawPublicKey } from '#kernel/log/cosignature.ts';
import { isKeyName, type NoteVerifier, SIGNATURE_TYPE } from '#kernel/log/note.ts';
import { readIfThere, writeDurably } from '../files.ts';
import { parsePolicy } from '../ledger/policy.ts';

const PRIVATE = 0o600;
const PUBLIC = 0o644;
/** Files of evidence kept; one is enough to convict a log. */
const EVIDENCE_MAX = 1_000;
const LOGS_HEADER = `# The logs that this witness follows: a line "log <vkey>" for each key of each.
`;

const signAside = promisify(
  (message: Uint8Array, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
    sign(null, message, key, done),
);

const KEYS = [
  { file: 'ed25519.pem', algorithm: 'ed25519', type: SIGNATURE_TYPE.ed25519Cosignature },
  { file: 'ml-dsa-44.pem', algorithm: 'ml-dsa-44', type: SIGNATURE_TYPE.mlDsa44Cosignature },
] as const;

function newKey(algorithm: (typeof KEYS)[number]['algorithm']): string {
  const { privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

const fileOf = (origin: string) => createHash('sha256').update(origin).digest('hex');

export interface WitnessFolder {
  readonly name: string;
  /** Ed25519, then ML-DSA-44. */
  readonly cosigners: readonly Cosigner[];
  /** The keys of the logs it follows, by origin. Read again each time, so that a log can be added while it runs. */
  logs(): Promise<ReadonlyMap<string, readonly NoteVerifier[]>>;
  /** What was cosigned last of a log. */
  latest(origin: string): Promise<string | undefined>;
  /** Keeps it, on disk when this resolves. */
  keep(origin: string, note: string): Promise<void>;
  /** Keeps evidence against a log; gives the file, or undefined when there is too much of it already. */
  accuse(origin: string, evidence: string): Promise<string | undefined>;
  follow(vkey: string): Promise<void>;
}

/** Makes a witness: fails where there is one already. */
export async function createWitness(folder: string, name: string): Promise<WitnessFolder> {
  if (!isKeyName(name)) {
    throw new Error(
      `--name ${name}: should be like a web address without scheme, such as witness.example/w1`,
    );
  }
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  if ((await readIfThere(join(folder, 'name'))) !== undefined)
    throw new Error(`${folder}: there is a witness already`);
  for (const { file, algorithm } of KEYS) {
    const path = join(folder, 'keys', file);
    if ((await readIfThere(path)) === undefined) await writeDurably(path, newKey(algorithm), PRIVATE);
  }
  if ((await readIfThere(join(folder, 'logs'))) === undefined) {
    await writeDurably(join(folder, 'logs'), LOGS_HEADER, PUBLIC);
  }
  await writeDurably(join(folder, 'name'), `${name}\n`, PUBLIC);
  return openWitness(folder);
}

/** Opens what `createWitness` made. */
export async function openWitness(folder: string): Promise<WitnessFolder> {
  const name = (await readIfThere(join(folder, 'name')))?.trim();
  if (name === undefined)
    throw new Error(`${folder}: there is no witness; make one with: casemate witness init`);
  await mkdir(join(folder, 'latest'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'split-views'), { recursive: true, mode: 0o700 });
  const cosigners = await Promise.all(
    KEYS.map(async ({ file, algorithm, type }): Promise<Cosigner> => {
      const pem = await readIfThere(join(folder, 'keys', file));
      if (pem === undefined) throw new Error(`${join(folder, 'keys', file)} is missing`);
      const key = createPrivateKey(pem);
      if (key.asymmetricKeyType !== algorithm) {
        throw new Error(
          `${join(folder, 'keys', file)}: should be an ${algorithm} key, not ${key.asymmetricKeyType}`,
        );
      }
      return { name, type, publicKey: rawPublicKey(key), sign: (message) => signAside(message, key) };
    }),
  );
  const logsFile = join(folder, 'logs');
  const readLogs = async () => (await readIfThere(logsFile)) ?? '';

  return {
    name,
    cosigners,
    async logs() {
      const found = new Map<string, NoteVerifier[]>();
      for (const verifier of parsePolicy(`${await readLogs()}\nquorum none\n`).logs) {
        found.set(verifier.name, [...(found.get(verifier.name) ?? []), verifier]);
      }
      return found;
    },
    latest: (origin) => readIfThere(join(folder, 'latest', fileOf(origin))),
    keep: (origin, note) => writeDurably(join(folder, 'latest', fileOf(origin)), note, PUBLIC),
    async accuse(origin, evidence) {
      if ((await readdir(join(folder, 'split-views'))).length >= EVIDENCE_MAX) return undefined;
      const digest = createHash('sha256').update(evidence).digest('hex').slice(0, 16);
      const file = join(folder, 'split-views', `${fileOf(origin).slice(0, 16)}-${digest}.txt`);
      await writeDurably(file, evidence, PUBLIC);
      return file;
    },
    async follow(vkey) {
      const text = `${await readLogs()}log ${vkey.trim()}\n`;
      parsePolicy(`${text}\nquorum none\n`);
      await writeDurably(logsFile, text, PUBLIC);
    },
  };
}

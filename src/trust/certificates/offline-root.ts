/**
 * The ceremony of a region's offline root, on a machine that is connected to nothing: makes the root once, its key sealed for custodians or
 * under a passphrase as the region's master key would be, and signs what the region asks for. What is kept of it is a transcript of digests.
 */
import { createPublicKey, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { readIfThere, writeDurably } from '../files.ts';
import { decodeRoot, encodeRoot } from '../keys/authority-blob.ts';
import { type CeremonyRoom, openIn, type SealChoice, sealAnew } from '../keys/seal/ceremony.ts';
import { readSealed } from '../keys/seal/master-store.ts';
import { KEY_BYTES, open, type SymmetricKey, seal, symmetricKey } from '../keys/wrapping.ts';
import {
  createRootAuthority,
  DAY_MS,
  NOT_BEFORE_SLACK_MS,
  openRootAuthority,
  type RootAuthority,
} from './authority.ts';
import { digestOf, fingerprintOf, type IssuerAnswer, type IssuerRequest } from './issuer-request.ts';
import { permitsName } from './name-constraints.ts';
import { checkRequest } from './request.ts';
import { signAuthority } from './tasks.ts';
import { vouchFor } from './vouching.ts';

const ISSUER_DAYS = 3 * 365;
const ROOT_FILE = 'root.sealed';
const CERTIFICATE_FILE = 'root.crt';
const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

export interface RootCeremonyOptions {
  /** On a medium that stays offline; must exist. */
  readonly folder: string;
  readonly request: IssuerRequest;
  /** How the root's key is sealed, when it is made now. */
  readonly choice: () => Promise<SealChoice>;
  readonly room: (choice: SealChoice | undefined) => CeremonyRoom;
  /** The root before this one, which vouches for it: its medium, and who opens it. */
  readonly earlier?: { readonly folder: string; readonly room: () => CeremonyRoom };
  /** Who is there, for the transcript. */
  readonly present: readonly string[];
  /** What was typed, for the transcript. */
  readonly command: string;
  readonly clock: Clock;
}

const context = (region: string) => `offline root\0${region}`;

/** Makes the root if there is none, and signs the request. Throws UnsealError, RequestError, TypeError. */
export async function holdRootCeremony(options: RootCeremonyOptions): Promise<IssuerAnswer> {
  const { request, clock } = options;
  const requested = await checkRequest(request.request);
  // Opened first: where that fails, nothing was made.
  const earlier = options.earlier && (await openEarlier(options.earlier, request.region));
  const { root, lines } = await rootOf(options);
  if (earlier?.publicKey.equals(root.publicKey)) {
    throw new TypeError('the root before this one is this one: it vouches for itself');
  }
  if (
    !request.constraints.dnsNames.every((name) => !root.constraints || permitsName(root.constraints, name))
  ) {
    throw new TypeError('the request names more than the root was made for; make another root');
  }
  const now_ms = Math.floor(clock.now() / 1000) * 1000;
  const signed = await signAuthority(
    {
      usage: 'server',
      commonName: `Casemate issuer of region ${request.region} ${digestOf(requested.spki).slice(0, 8)}`,
      publicKey: createPublicKey({ key: Buffer.from(requested.spki), format: 'der', type: 'spki' }),
      notBefore_ms: now_ms - NOT_BEFORE_SLACK_MS,
      notAfter_ms: Math.min(now_ms + ISSUER_DAYS * DAY_MS, root.notAfter_ms),
      pathLength: 1,
      constraints: request.constraints,
    },
    root.issuer,
  );
  const cross = earlier && (await vouchFor(earlier, root, now_ms));
  const transcript = [
    `Ceremony of the offline root of region ${request.region}`,
    '',
    `time                       ${rfc3339(now_ms)}`,
    `command                    ${options.command}`,
    ...lines,
    `root, SHA-256              ${fingerprintOf(root.pem)}`,
    `root, valid until          ${rfc3339(root.notAfter_ms)}`,
    ...(earlier && cross
      ? [
          `vouched for by, SHA-256    ${fingerprintOf(earlier.pem)}`,
          `vouched for until          ${rfc3339(Math.min(earlier.notAfter_ms, root.notAfter_ms))}`,
          `vouched for in, SHA-256    ${fingerprintOf(cross)}`,
        ]
      : []),
    `request, SHA-256           ${digestOf(request.request)}  (${requested.type})`,
    `names it may certify       ${[...request.constraints.dnsNames, ...request.constraints.ipRanges].join(' ')}`,
    `signed, SHA-256            ${fingerprintOf(signed.pem)}`,
    `signed, serial             ${signed.serial}`,
    '',
    'present:',
    ...options.present.map((name) => `  ${name}`),
    '',
    'This transcript holds no secret. Signed by those who were there:',
    '',
    '',
  ].join('\n');
  return {
    format: 'casemate-issuer-v1',
    certificate: signed.pem,
    root: root.pem,
    ...(cross === undefined ? {} : { cross }),
    transcript,
  };
}

async function openEarlier(
  { folder, room }: NonNullable<RootCeremonyOptions['earlier']>,
  region: string,
): Promise<RootAuthority> {
  const kept = await readIfThere(join(folder, ROOT_FILE));
  if (kept === undefined) throw new TypeError(`${folder} has no root that could vouch for another`);
  return openKept(folder, kept, room(), region);
}

async function openKept(
  folder: string,
  kept: string,
  room: CeremonyRoom,
  region: string,
): Promise<RootAuthority> {
  const sealed = await readSealed(folder);
  if (!sealed) throw new TypeError(`${folder} has a root, but not master.sealed, which opens it`);
  return load(Buffer.from(kept, 'base64'), await openIn(room, sealed), region);
}

async function rootOf(
  options: RootCeremonyOptions,
): Promise<{ readonly root: RootAuthority; readonly lines: readonly string[] }> {
  const { folder, request, clock } = options;
  const { region } = request;
  const path = join(folder, ROOT_FILE);
  const kept = await readIfThere(path);
  if (kept !== undefined) {
    const root = await openKept(folder, kept, options.room(undefined), region);
    return { root, lines: ['root                       opened'] };
  }
  const choice = await options.choice();
  const key = symmetricKey(new Uint8Array(randomBytes(KEY_BYTES)));
  const common = { folder, region, choice, room: options.room(choice), clock };
  const sealing = await sealAnew(common, key, 'made in this ceremony, to seal the offline root');
  const material = await createRootAuthority(
    region,
    request.constraints,
    clock.now(),
    // Each has a name of its own: verifiers look for issuers by name.
    `Casemate offline root ${randomBytes(4).toString('hex')}`,
  );
  const encoded = encodeRoot(material);
  material.privateKey.fill(0);
  const wrapped = seal('CMW1', key, encoded, context(region));
  encoded.fill(0);
  const root = load(wrapped, key, region);
  await writeDurably(path, Buffer.from(wrapped).toString('base64'), SECRET_MODE);
  await writeDurably(join(folder, CERTIFICATE_FILE), root.pem, PUBLIC_MODE);
  return { root, lines: ['root                       made in this ceremony', '', ...indented(sealing), ''] };
}

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));

function load(wrapped: Uint8Array, key: SymmetricKey, region: string): RootAuthority {
  const encoded = open('CMW1', key, wrapped, context(region));
  const root = openRootAuthority(decodeRoot(encoded));
  encoded.fill(0);
  return root;
}

/** `casemate key`: Keys of a project over the API. What is secret comes by standard input and goes by standard output. */
import { readFileSync } from 'node:fs';
import { ALGORITHMS, FACTS } from '#trust/keys/key/algorithms.ts';
import { DATA_BYTES_MAX } from '#trust/keys/key/schemas.ts';
import { collectionPath, type ResourceType } from '../resources/discovery.ts';
import { CliError } from '../resources/errors.ts';
import { get } from '../resources/get.ts';
import type { SessionOptions } from '../resources/options.ts';
import { inSession, type Session } from '../resources/session.ts';

import { readSecret } from './secret-input.ts';

const GROUP = 'keys.casemate.internal';

export interface UseOptions extends SessionOptions {
  readonly reason?: string;
  readonly aadFile?: string;
  readonly keyVersion?: number;
}

export interface CreateOptions extends SessionOptions {
  readonly algorithm: string;
  readonly purpose?: string;
  readonly hsm?: boolean;
  readonly exportable?: boolean;
  readonly rotateEvery?: number;
  readonly destroyNotice?: number;
  readonly justification?: readonly string[];
}

type Answer = Readonly<Record<string, unknown>>;

async function typeOfKeys(session: Session): Promise<ResourceType> {
  session.requireOrganization('key');
  return session.typeOf(GROUP, 'Key');
}

async function act(
  session: Session,
  name: string,
  action: string,
  { reason, aadFile, keyVersion }: UseOptions,
  body: Answer,
): Promise<Answer> {
  const path = `${collectionPath(await typeOfKeys(session), session.project)}/${encodeURIComponent(name)}/${action}`;
  const bound = aadFile === undefined ? {} : { additionalData: readFileSync(aadFile).toString('base64') };
  const given = {
    ...(reason === undefined ? {} : { reason }),
    ...(keyVersion === undefined ? {} : { version: keyVersion }),
  };
  return session.client.json<Answer>({ method: 'POST', path, body: { ...body, ...bound, ...given } });
}

/** Standard input, whole. Throws when it is more than one use may carry. */
async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // A ciphertext is a little longer than what is in it.
    if (bytes > 2 * DATA_BYTES_MAX) {
      throw new CliError(
        `standard input has more than ${DATA_BYTES_MAX} bytes: encrypt large things under a key of their own, and wrap that`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const bytesOf = (answer: Answer, field: string) => Buffer.from(String(answer[field]), 'base64');

/** Sends standard input as one field and writes another to standard output, as bytes. */
const through = (action: string, from: string, to: string) =>
  inSession(async (session: Session, options: UseOptions, name: string) => {
    const input = (await standardInput()).toString('base64');
    process.stdout.write(bytesOf(await act(session, name, action, options, { [from]: input }), to));
  });

export const encrypt = through('encrypt', 'plaintext', 'ciphertext');
export const decrypt = through('decrypt', 'ciphertext', 'plaintext');
export const wrap = through('wrap', 'material', 'wrapped');
export const unwrap = through('unwrap', 'wrapped', 'material');
export const sign = through('sign', 'message', 'signature');
export const mac = through('mac', 'message', 'mac');

export const verify = inSession(
  async (session, options: UseOptions & { readonly signature: string }, name: string) => {
    const signature = readFileSync(options.signature).toString('base64');
    const message = (await standardInput()).toString('base64');
    const { valid, keyVersion } = await act(session, name, 'verify', options, { message, signature });
    if (valid !== true) throw new CliError('the signature is not of this key, or the message is another');
    process.stdout.write(`valid: version ${keyVersion}\n`);
  },
);

export const random = inSession(
  async (session, options: UseOptions & { readonly bytes: number }, name: string) => {
    const answer = await act(session, name, 'random', options, { bytes: options.bytes });
    process.stdout.write(bytesOf(answer, 'random'));
  },
);

export const publicKey = inSession(async (session, options: UseOptions, name: string) => {
  process.stdout.write(String((await act(session, name, 'public-key', options, {})).publicKey));
});

export const change = (action: string) =>
  inSession(async (session, options: UseOptions, name: string) => {
    const { versions, destroyAt } = await act(session, name, action, options, {});
    const list = Array.isArray(versions) ? versions.join(', ') : '';
    const when = destroyAt === undefined ? '' : `; their material is destroyed at ${destroyAt}`;
    process.stdout.write(`${name}: ${action}: versions ${list}${when}\n`);
  });

export const create = inSession(async (session, options: CreateOptions, name: string) => {
  const algorithm = ALGORITHMS.find((one) => one === options.algorithm);
  if (algorithm === undefined) {
    throw new CliError(`--algorithm ${options.algorithm}: should be one of ${ALGORITHMS.join(', ')}`);
  }
  const { rotateEvery, destroyNotice, justification } = options;
  const spec = {
    algorithm,
    purpose: options.purpose ?? FACTS[algorithm].purposes[0],
    protection: options.hsm === true ? 'hsm' : 'software',
    exportable: options.exportable === true,
    ...(rotateEvery === undefined ? {} : { rotationPeriod_days: rotateEvery }),
    ...(destroyNotice === undefined ? {} : { destroyNotice_days: destroyNotice }),
    ...(justification === undefined ? {} : { justifications: justification }),
  };
  const type = await typeOfKeys(session);
  await session.client.json({
    method: 'POST',
    path: collectionPath(type, session.project),
    query: { fieldManager: 'casemate' },
    body: { apiVersion: `${GROUP}/v1`, kind: 'Key', metadata: { name }, spec },
  });
  process.stdout.write(`key/${name} created\n`);
});

export const list = (...given: [SessionOptions, never]): Promise<void> =>
  (get as (...args: unknown[]) => Promise<void>)('keys', [], ...given);

export const openProvider = inSession(async (session, _options: SessionOptions, name: string) => {
  session.requireOrganization('open-provider');
  const type = await session.typeOf(GROUP, 'KeyProvider');
  const pin = await readSecret(`PIN of ${name}: `);
  const path = `${collectionPath(type, undefined)}/${encodeURIComponent(name)}/open`;
  const { token, model } = await session.client.json<Answer>({ method: 'POST', path, body: { pin } });
  process.stdout.write(`${name}: open, token "${token}" of ${model}\n`);
});

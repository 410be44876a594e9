/** As much of OpenID Connect as a command line speaks: device code, refresh, revocation (RFC 8628, 6749, 7009). */
import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { CliError, EXIT } from '../resources/errors.ts';

const CLIENT_ID = 'casemate-cli';
const SCOPE = 'openid offline_access';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const ANSWER_BYTES_MAX = 256 * 1024;
const TIMEOUT_MS = 30_000;
/** RFC 8628, 3.2 and 3.5: how long to wait between questions, and how much longer when told to slow down. */
const INTERVAL_S = 5;

const METADATA = Type.Object({
  issuer: Type.String(),
  token_endpoint: Type.String(),
  device_authorization_endpoint: Type.String(),
  revocation_endpoint: Type.String(),
});
const DEVICE = Type.Object({
  device_code: Type.String(),
  user_code: Type.String(),
  verification_uri: Type.String(),
  verification_uri_complete: Type.Optional(Type.String()),
  expires_in: Type.Number(),
  interval: Type.Optional(Type.Number()),
});
const TOKENS = Type.Object({
  access_token: Type.String(),
  refresh_token: Type.String(),
  expires_in: Type.Number(),
});
const ERROR = Type.Object({ error: Type.String(), error_description: Type.Optional(Type.String()) });

const validators = {
  metadata: Compile(METADATA),
  device: Compile(DEVICE),
  tokens: Compile(TOKENS),
  error: Compile(ERROR),
};

export type Metadata = Static<typeof METADATA>;
export type Device = Static<typeof DEVICE>;
export type Tokens = Static<typeof TOKENS>;

/** The provider said no; `error` is OAuth's word for it. */
export class OpenIdError extends CliError {
  readonly error: string;

  constructor(error: string, description: string | undefined) {
    super(`the sign-in service answered ${error}${description === undefined ? '' : `: ${description}`}`, {
      exitCode: EXIT.refused,
    });
    this.error = error;
  }
}

interface Answer {
  readonly code: number;
  readonly value: unknown;
}

function ask(url: string, ca: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new CliError(`cannot reach ${url}: ${error.message}`));
    const headers = {
      Accept: 'application/json',
      'User-Agent': 'casemate',
      ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
    };
    const request = httpsRequest(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ca,
      timeout: TIMEOUT_MS,
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    request.on('error', fail);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too long'));
      });
      response.on('error', fail);
      response.on('end', () => {
        const code = response.statusCode ?? 0;
        try {
          resolve({ code, value: text === '' ? undefined : JSON.parse(text) });
        } catch {
          reject(new CliError(`${url} answered ${code}, and nothing that this command understands`));
        }
      });
    });
    request.end(body);
  });
}

function checked<T extends TSchema>(
  url: string,
  { code, value }: Answer,
  validator: { Check(value: unknown): value is Static<T> },
): Static<T> {
  if (validators.error.Check(value)) throw new OpenIdError(value.error, value.error_description);
  if (code === 401 || code === 404) {
    throw new CliError(`nobody can sign in at ${url}`, {
      exitCode: EXIT.refused,
      hint: 'is the organization’s name right? give --org NAME, or none for the region',
    });
  }
  if (code !== 200 || !validator.Check(value)) {
    throw new CliError(`${url} answered ${code}, and nothing that this command understands`);
  }
  return value;
}

/** Where a realm's provider answers what. */
export async function discover(server: string, ca: string): Promise<Metadata> {
  const url = `${server}/oidc/.well-known/openid-configuration`;
  return checked<typeof METADATA>(url, await ask(url, ca), validators.metadata);
}

export async function beginDevice(metadata: Metadata, ca: string): Promise<Device> {
  const url = metadata.device_authorization_endpoint;
  const answer = await ask(url, ca, { client_id: CLIENT_ID, scope: SCOPE });
  return checked<typeof DEVICE>(url, answer, validators.device);
}

/** Waits until somebody let the device in. Throws OpenIdError when they refused, or the code expired. */
export async function awaitDevice(metadata: Metadata, ca: string, device: Device): Promise<Tokens> {
  const url = metadata.token_endpoint;
  const form = { client_id: CLIENT_ID, grant_type: DEVICE_GRANT, device_code: device.device_code };
  let interval_s = device.interval ?? INTERVAL_S;
  for (let waited_s = 0; waited_s <= device.expires_in; waited_s += interval_s) {
    await pause(interval_s * 1000);
    try {
      return checked<typeof TOKENS>(url, await ask(url, ca, form), validators.tokens);
    } catch (error) {
      if (!(error instanceof OpenIdError)) throw error;
      if (error.error === 'slow_down') interval_s += INTERVAL_S;
      else if (error.error !== 'authorization_pending') throw error;
    }
  }
  throw new OpenIdError('expired_token', 'nobody entered the code in time');
}

export async function refresh(metadata: Metadata, ca: string, refreshToken: string): Promise<Tokens> {
  const url = metadata.token_endpoint;
  const form = { client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token: refreshToken };
  return checked<typeof TOKENS>(url, await ask(url, ca, form), validators.tokens);
}

export async function revoke(metadata: Metadata, ca: string, refreshToken: string): Promise<void> {
  const form = { client_id: CLIENT_ID, token: refreshToken, token_type_hint: 'refresh_token' };
  const { code, value } = await ask(metadata.revocation_endpoint, ca, form);
  if (code === 200) return;
  const { error = `${code}` } = validators.error.Check(value) ? value : {};
  throw new OpenIdError(error, undefined);
}

/**
 * Who is asking: reads credentials from the connection and the header, and asks the realm's authenticator. A realm that does not
 * exist and one that does not know the caller give the same answer, so that nobody can find out which organizations there are.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Actor, Authenticator, Credentials } from '../access.ts';
import { addressOf } from '../client-address.ts';
import { forbidden, isStatusError, unauthorized } from '../errors.ts';
import { REGION, type RealmId } from '../realm-id.ts';

const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * What each connection's first handshake proved, read once: Node copies and parses the certificate at every look, which took a quarter of
 * a small read. Whoever renegotiates (TLS 1.2) stays who they were.
 */
const certificates = new WeakMap<Socket, { readonly der: Uint8Array | undefined }>();

function certificateOf(socket: Socket): Uint8Array | undefined {
  let known = certificates.get(socket);
  if (known === undefined) {
    known = { der: (socket as TLSSocket).getPeerX509Certificate?.()?.raw };
    certificates.set(socket, known);
  }
  return known.der;
}

/** A browser cannot set headers of a WebSocket but this one, so Kubernetes takes the token there, as base64url without padding. */
const WEBSOCKET_TOKEN = /(?:^|, *)base64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]+)(?:,|$)/;

function webSocketToken({
  upgrade,
  'sec-websocket-protocol': protocols,
}: IncomingHttpHeaders): string | undefined {
  if (upgrade?.toLowerCase() !== 'websocket') return undefined;
  const encoded = WEBSOCKET_TOKEN.exec(protocols ?? '')?.[1];
  const token = encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('latin1');
  return token !== undefined && /^[A-Za-z0-9\-._~+/]+=*$/.test(token) ? token : undefined;
}

/** What the request carries. The certificate's key was proven by TLS; nothing else about it is verified here. */
export function credentialsOf(socket: Socket, headers: IncomingHttpHeaders): Credentials {
  const clientCertificate = certificateOf(socket);
  const bearerToken = BEARER.exec(headers.authorization ?? '')?.[1] ?? webSocketToken(headers);
  return {
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(bearerToken === undefined ? {} : { bearerToken }),
  };
}

/** The actor of each connection as last seen, with the address: authenticators give the same actor again, and so does this. */
const addressedActors = new WeakMap<Socket, { readonly from: Actor; readonly actor: Actor }>();

/** The actor with the address that the connection comes from. */
export function addressed(actor: Actor, socket: Socket): Actor {
  const known = addressedActors.get(socket);
  if (known?.from === actor) return known.actor;
  const address = addressOf(socket);
  const seen = address === undefined ? actor : { ...actor, address };
  addressedActors.set(socket, { from: actor, actor: seen });
  return seen;
}

/** Names the kind of credential for the record, without any of it. */
export function presented({ clientCertificate, bearerToken }: Credentials): string {
  if (bearerToken !== undefined) return 'token (not accepted)';
  return clientCertificate === undefined ? 'none' : 'certificate (not accepted)';
}

const UNIFORM_REFUSAL =
  'these credentials open nothing here; sign in with casemate login, or present a client certificate that this organization issued, ' +
  'that has not expired, and whose ClientCertificate object still exists';

/** Throws 401; of an organization always with the same words. */
export async function authenticate(
  authenticator: Authenticator,
  realm: RealmId,
  credentials: Credentials,
): Promise<Actor> {
  try {
    return await authenticator.authenticate(realm, credentials);
  } catch (error) {
    if (!isStatusError(error, 'Unauthorized') && !isStatusError(error, 'NotFound')) throw error;
    if (realm === REGION && isStatusError(error, 'Unauthorized')) throw error;
    throw unauthorized(UNIFORM_REFUSAL);
  }
}

/** Acting as somebody else is refused rather than ignored: who asked for it must not believe that it worked. */
export function refuseImpersonation(request: IncomingMessage): void {
  for (const header in request.headers) {
    if (!header.startsWith('impersonate-')) continue;
    throw forbidden(
      { kind: 'request' },
      `${header}: acting as somebody else is not possible; use your own credentials`,
    );
  }
}

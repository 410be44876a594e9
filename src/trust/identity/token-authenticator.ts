/**
 * Tells who a bearer token speaks for in a realm. The realm's own key signed it, for this API, and the clock is within its times; then the
 * answer comes from the realm's objects, never from the token: the Session and its User, or the ServiceAccount, by their uids. So what was
 * deleted or disabled is refused with the next request, in every process. Who holds no token of a realm learns nothing of whether it
 * exists: every such refusal has the same words, and costs a look at the storage and a signature check.
 */
import { generateKeyPairSync, hash } from 'node:crypto';
import type { Actor, Authenticator, Credentials } from '#kernel/access.ts';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import { isStatusError, unauthorized } from '#kernel/errors.ts';
import type { Realm, Realms } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import { BoundedMap } from '../bounded-map.ts';
import { serviceAccountGroups, serviceAccountName } from './service-accounts/names.ts';
import { ServiceAccount } from './service-accounts/service-account.ts';
import type { Workloads } from './service-accounts/workloads.ts';
import { liveSession } from './sessions/live-session.ts';
import type { People } from './sign-in.ts';
import { issuerOf } from './tokens/issuer.ts';
import type { RealmSigningKeys, SigningKey, SigningKeys } from './tokens/signing-keys.ts';
import { keyIdOf, TOKEN_LENGTH_MAX, type VerifiedToken, verifyToken } from './tokens/verify.ts';

/** Tokens whose signature need not be checked again. */
const VERIFIED_MAX = 16_384;
/** How far the clock of another process of the region may be ahead of ours. */
const SKEW_MS = 5_000;

const REFUSED =
  'no valid credential for this address; sign in with casemate login, or use a token or client certificate of this very realm';

export interface TokenAuthenticatorOptions {
  /** `https://host:port`, as tokens name the region. */
  readonly apiUrl: string;
  readonly realms: Pick<Realms, 'use'>;
  readonly keys: RealmSigningKeys;
  readonly people: People;
  /** What runs as service accounts. Absent: nothing does. */
  readonly workloads?: Workloads;
  readonly clock: Clock;
}

interface Known extends VerifiedToken {
  readonly kid: string;
}

export function tokenAuthenticator(options: TokenAuthenticatorOptions): Authenticator {
  const { apiUrl, realms, keys, people, workloads, clock } = options;
  const verified = new BoundedMap<string, Known>(VERIFIED_MAX);
  // Checked against when there is no such realm or key, so that it takes as long as when there is.
  const decoy = generateKeyPairSync('ed25519').publicKey;

  async function keysOf(realm: RealmId, fresh: boolean): Promise<SigningKeys | undefined> {
    try {
      return await keys.of(realm, { fresh });
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  const find = (published: SigningKeys | undefined, kid: string): SigningKey | undefined =>
    published?.published.find((key) => key.kid === kid);

  async function verify(realm: RealmId, token: string): Promise<Known> {
    if (token.length > TOKEN_LENGTH_MAX) throw unauthorized(REFUSED);
    const fingerprint = `${realm}\0${hash('sha256', token, 'base64')}`;
    let signing = await keysOf(realm, false);
    const known = verified.get(fingerprint);
    if (known && find(signing, known.kid)) return known;
    const kid = keyIdOf(token);
    // Another process may have made a key since; a realm that does not exist costs the same look.
    if (kid !== undefined && !find(signing, kid)) signing = await keysOf(realm, true);
    const key = kid === undefined ? undefined : find(signing, kid);
    const genuine = await verifyToken(token, key?.publicKey ?? decoy, issuerOf(apiUrl, realm));
    if (!genuine || !key) throw unauthorized(REFUSED);
    const result = { ...genuine, kid: key.kid };
    verified.set(fingerprint, result);
    return result;
  }

  /** Only for who holds a genuine token of the realm: it may say what happened to it. */
  function checkTimes(token: Known, isOpen: boolean): void {
    const now_ms = clock.now();
    if (now_ms + SKEW_MS < token.notBefore_ms) {
      throw unauthorized(
        `the token is valid from ${rfc3339(token.notBefore_ms)}, which is later than this region’s clock; check the clock`,
      );
    }
    // What is open already ends with the session, not with the token that opened it.
    if (isOpen && token.subject.type === 'person') return;
    if (now_ms >= token.expires_ms) {
      throw unauthorized(`the token expired on ${rfc3339(token.expires_ms)}; get a new one`);
    }
  }

  function person(realm: Realm, sessionUid: string, userUid: string): Actor {
    const session = liveSession(realm.view, people, sessionUid, clock.now());
    if (!session || session.person.uid !== userUid) {
      throw unauthorized('the session of this token has ended; sign in again with casemate login');
    }
    return {
      realm: realm.id,
      name: session.person.name,
      groups: [...session.person.groups, 'system:authenticated'],
      credential: `session:${sessionUid}`,
      strength: session.spec.strength,
      authenticatedAt: Date.parse(session.spec.startedAt),
    };
  }

  function serviceAccount(realm: Realm, token: Known): Actor {
    const { subject } = token;
    if (subject.type !== 'service-account') throw new TypeError('a token of a service account');
    const { uid, namespace, name, workload } = subject;
    const entry = realm.view.entry(ServiceAccount, { namespace, name });
    if (entry?.uid !== uid || entry.object().metadata.deletionTimestamp !== undefined) {
      throw unauthorized(`service account ${namespace}/${name} is gone; ask for a token of one that exists`);
    }
    if (workload && !workloads?.runsAs(realm.view, { namespace, ...workload }, name)) {
      throw unauthorized(
        `instance ${namespace}/${workload.name} does not run as service account ${name} any more; ask again from an instance that does`,
      );
    }
    return {
      realm: realm.id,
      name: serviceAccountName(namespace, name),
      groups: [...serviceAccountGroups(namespace), 'system:authenticated'],
      credential: workload ? `instance:${workload.uid}` : `serviceaccount:${uid}`,
      strength: 'token',
      authenticatedAt: token.issuedAt_ms,
    };
  }

  return {
    async authenticate(realm: RealmId, credentials: Credentials): Promise<Actor> {
      const { bearerToken, isOpen = false } = credentials;
      if (bearerToken === undefined) throw unauthorized(REFUSED);
      const token = await verify(realm, bearerToken);
      checkTimes(token, isOpen);
      const { subject } = token;
      try {
        return await realms.use(realm, (open) =>
          subject.type === 'person'
            ? person(open, subject.sessionUid, subject.userUid)
            : serviceAccount(open, token),
        );
      } catch (error) {
        throw isStatusError(error, 'NotFound') ? unauthorized(REFUSED) : error;
      }
    },
  };
}

/**
 * A bearer token is what its sender means to be known by; whoever brings none may have a certificate. A token that is refused is not made
 * good by a certificate beside it.
 */
export function tokenOrCertificate(token: Authenticator, certificate: Authenticator): Authenticator {
  return {
    authenticate: (realm, credentials) =>
      (credentials.bearerToken === undefined ? certificate : token).authenticate(realm, credentials),
  };
}

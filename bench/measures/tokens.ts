/**
 * Tokens: how many are verified a second, beside the bare signature check; and how long somebody who was removed still has access, with a
 * new request and with a watch that they had open.
 */
import { sign, verify } from 'node:crypto';
import { request } from 'node:https';
import { User } from '#trust/identity/people/user.ts';
import { ACME, type IdentityFixture, identityFixture } from '#trust/identity/testing/fixture.ts';
import { deviceSignIn } from '#trust/identity/testing/relying-party.ts';
import { verifyToken } from '#trust/identity/tokens/verify.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const VERIFICATIONS = 20_000;
const REMOVALS = 5;
/** What the issue asks for. */
const REFUSED_WITHIN_MS = 1_000;
const WATCH = '/api/v1/namespaces?watch=true';

async function rateOf(count: number, work: () => unknown): Promise<number> {
  const begin = performance.now();
  for (let done = 0; done < count; done++) await work();
  return (1_000 * count) / (performance.now() - begin);
}

/** Opens a watch; gives what resolves when it began, and when it ended. */
function openWatch(
  region: IdentityFixture,
  token: string,
): { readonly began: Promise<void>; readonly ended: Promise<void> } {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const headers = { Authorization: `Bearer ${token}` };
  const asked = request(
    `${region.url}${ACME}${WATCH}`,
    { ca: region.ca, headers, agent: false },
    (response) => {
      began.resolve();
      response.resume();
      response.on('close', () => ended.resolve());
    },
  );
  asked.on('error', began.reject);
  asked.end();
  return { began: began.promise, ended: ended.promise };
}

interface Removal {
  readonly refused_ms: number;
  readonly watchEnded_ms: number;
}

async function removeSomebody(region: IdentityFixture, name: string): Promise<Removal> {
  await region.user(ACME, name);
  const { access_token } = (await deviceSignIn(region, { realm: ACME, user: name })).tokens;
  const watch = openWatch(region, access_token);
  await watch.began;
  await region.remove(ACME, User, name);
  const begin = performance.now();
  const ended = watch.ended.then(() => performance.now() - begin);
  while ((await region.api(ACME, '/api/v1/namespaces', access_token)).code !== 401);
  return { refused_ms: performance.now() - begin, watchEnded_ms: await ended };
}

export const tokens: Measure = {
  summary: 'token verifications/s, beside bare Ed25519; time from removing a User to their refusal',
  async run({ quick, say }) {
    const count = quick ? VERIFICATIONS / 10 : VERIFICATIONS;
    const region = await identityFixture();
    try {
      await region.user(ACME, 'alice');
      const { access_token } = (await deviceSignIn(region, { realm: ACME, user: 'alice' })).tokens;
      const { current } = await region.identity.keys.of(ACME);
      const input = Buffer.from(access_token.slice(0, access_token.lastIndexOf('.')));
      const signature = sign(null, input, current.privateKey);
      const bare = await rateOf(count, () => verify(null, input, current.publicKey, signature));
      const first = await rateOf(count, () =>
        verifyToken(access_token, current.publicKey, region.issuer(ACME)),
      );
      const credentials = { bearerToken: access_token };
      const known = await rateOf(count, () => region.identity.authenticator.authenticate(ACME, credentials));
      say(
        `verified ${Math.round(first)}/s, known ${Math.round(known)}/s, bare signatures ${Math.round(bare)}/s`,
      );
      const removals: Removal[] = [];
      for (let at = 0; at < REMOVALS; at++) removals.push(await removeSomebody(region, `leaver-${at}`));
      const worst = (of: (removal: Removal) => number) => Math.max(...removals.map(of));
      const rows: Row[] = [
        {
          what: 'tokens verified the first time, one thread',
          value: first,
          unit: '/s',
          peer: { what: 'bare Ed25519 verifications, node:crypto', value: bare },
        },
        {
          what: 'requests authenticated by a token that is known, one thread',
          value: known,
          unit: '/s',
          note: 'looks up the Session, the User and the groups each time',
        },
        {
          what: `from a User’s removal to the refusal of their token, worst of ${REMOVALS}`,
          value: worst(({ refused_ms }) => refused_ms),
          unit: 'ms',
          target: { atMost: REFUSED_WITHIN_MS },
        },
        {
          what: `from a User’s removal to the end of their open watch, worst of ${REMOVALS}`,
          value: worst(({ watchEnded_ms }) => watchEnded_ms),
          unit: 'ms',
          target: { atMost: REFUSED_WITHIN_MS },
        },
      ];
      return { name: 'tokens', rows };
    } finally {
      await region.close();
    }
  },
};

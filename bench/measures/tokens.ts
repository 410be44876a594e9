/**
 * Tokens: how many are verified a second, beside the bare signature check; and how long somebody who was removed still has access, by token
 * and by client certificate, with a new request and with a watch that they had open.
 */
import { sign, verify } from 'node:crypto';
import { type RequestOptions, request } from 'node:https';
import { User } from '#trust/identity/people/user.ts';
import { ACME, type IdentityFixture, identityFixture } from '#trust/identity/testing/fixture.ts';
import { deviceSignIn } from '#trust/identity/testing/relying-party.ts';
import { verifyToken } from '#trust/identity/tokens/verify.ts';
import { type TrustFixture, trustFixture } from '#trust/testing/fixture.ts';
import { type ServedRegion, serve } from '#trust/testing/serve.ts';
import type { Row } from '../lib/result.ts';
import type { Measure } from './context.ts';

const VERIFICATIONS = 20_000;
const REMOVALS = 5;
/** What the issue asks for. */
const REFUSED_WITHIN_MS = 1_000;
const NAMESPACES = '/api/v1/namespaces';
const WATCH = `${NAMESPACES}?watch=true`;

async function rateOf(count: number, work: () => unknown): Promise<number> {
  const begin = performance.now();
  for (let done = 0; done < count; done++) await work();
  return (1_000 * count) / (performance.now() - begin);
}

/** Opens a watch; gives what resolves when it began, and when it ended. */
function openWatch(
  url: string,
  as: RequestOptions,
): { readonly began: Promise<void>; readonly ended: Promise<void> } {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const asked = request(`${url}${ACME}${WATCH}`, { ...as, agent: false }, (response) => {
    began.resolve();
    response.resume();
    response.on('close', () => ended.resolve());
  });
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
  const headers = { Authorization: `Bearer ${access_token}` };
  const watch = openWatch(region.url, { ca: region.ca, headers });
  await watch.began;
  await region.remove(ACME, User, name);
  return untilRefused(watch.ended, async () => (await region.api(ACME, NAMESPACES, access_token)).code);
}

/** The same with a client certificate, of somebody who holds a role. */
async function removeHolder(region: TrustFixture, served: ServedRegion, name: string): Promise<Removal> {
  await region.make(ACME, User, { metadata: { name }, spec: { displayName: name } });
  await region.bind(ACME, name, 'project-viewer', name);
  const client = await served.client(ACME, name);
  const { ca, cert, key } = client.tls;
  const watch = openWatch(served.url, { ca, cert, key });
  await watch.began;
  await region.remove(ACME, User, name);
  return untilRefused(watch.ended, async () => (await client.send('GET', `${ACME}${NAMESPACES}`)).code);
}

async function untilRefused(watchEnded: Promise<void>, ask: () => Promise<number>): Promise<Removal> {
  const begin = performance.now();
  const ended = watchEnded.then(() => performance.now() - begin);
  while ((await ask()) !== 401);
  return { refused_ms: performance.now() - begin, watchEnded_ms: await ended };
}

async function removeHolders(): Promise<readonly Removal[]> {
  const region = await trustFixture();
  const served = await serve(region);
  try {
    const removals: Removal[] = [];
    for (let at = 0; at < REMOVALS; at++) removals.push(await removeHolder(region, served, `holder-${at}`));
    return removals;
  } finally {
    await served.close();
    await region.close();
  }
}

const worst = (removals: readonly Removal[], of: (removal: Removal) => number) =>
  Math.max(...removals.map(of));

const removalRows = (removals: readonly Removal[], credential: string): Row[] => [
  {
    what: `from a User’s removal to the refusal of their ${credential}, worst of ${REMOVALS}`,
    value: worst(removals, ({ refused_ms }) => refused_ms),
    unit: 'ms',
    target: { atMost: REFUSED_WITHIN_MS },
  },
  {
    what: `from a User’s removal to the end of a watch that they opened with their ${credential}, worst of ${REMOVALS}`,
    value: worst(removals, ({ watchEnded_ms }) => watchEnded_ms),
    unit: 'ms',
    target: { atMost: REFUSED_WITHIN_MS },
  },
];

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
      const holders = await removeHolders();
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
        ...removalRows(removals, 'token'),
        ...removalRows(holders, 'client certificate'),
      ];
      return { name: 'tokens', rows };
    } finally {
      await region.close();
    }
  },
};

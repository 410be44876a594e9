import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { ACME, identityFixture } from '../../testing/fixture.ts';
import { deviceSignIn } from '../../testing/relying-party.ts';
import { User } from '../user.ts';

describe('what somebody has open with a token', () => {
  it('ends when they are removed, by whichever way their User is deleted', async () => {
    const region = await identityFixture();
    try {
      await region.user(ACME, 'alice');
      const { access_token } = (await deviceSignIn(region, { realm: ACME, user: 'alice' })).tokens;
      const path = `${region.url}${ACME}/api/v1/namespaces?watch=true`;
      const headers = { Authorization: `Bearer ${access_token}` };
      const asked = request(path, { ca: region.ca, agent: false, headers });
      asked.end();
      const [watch] = (await once(asked, 'response')) as [IncomingMessage];
      assert.equal(watch.statusCode, 200);
      await region.remove(ACME, User, 'alice');
      const last = JSON.parse(await text(watch));
      assert.deepEqual([last.type, last.object.code, last.object.reason], ['ERROR', 401, 'Unauthorized']);
      assert.equal((await region.api(ACME, '/api/v1/namespaces', access_token)).code, 401);
    } finally {
      await region.close();
    }
  });
});

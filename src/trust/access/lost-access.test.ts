/**
 * Access that is taken away through the API ends what was opened with it: the real server over TLS, real certificates, the real
 * authenticator and authorizer; an administrator deletes the person's ClientCertificate, RoleBinding or User while a watch and a terminal
 * are open.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { TerminalConnector } from '#kernel/connect.ts';
import type { Kind } from '#kernel/kind.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { REVALIDATION_INTERVAL_MS } from '#kernel/wire/limits.ts';
import { ClientCertificate } from '../identity/client-certificate.ts';
import { User } from '../identity/people/user.ts';
import { ACME, type TrustFixture, trustFixture } from '../testing/fixture.ts';
import { Project, SAMPLE_KINDS } from '../testing/kinds.ts';
import { type ServedClient, type ServedRegion, serve } from '../testing/serve.ts';
import { RoleBinding } from './role-binding.ts';

const INSTANCES = `${ACME}/apis/compute.casemate.internal/v1/namespaces/own/instances`;

const pathOf = ({ apiVersion, plural }: Kind, name: string) => `${ACME}/apis/${apiVersion}/${plural}/${name}`;

/** Says hello, then stays until its client has gone; `told` resolves with whose command was told so. */
let told: PromiseWithResolvers<string>;
const shell: TerminalConnector = {
  type: 'terminal',
  async open({ actor, signal }, { stdout }) {
    await stdout(Buffer.from('hello'));
    if (!signal.aborted) await once(signal, 'abort');
    told.resolve(actor.name);
    return { exitCode: 0 };
  },
};

/** A watch of instances, as lines. */
async function watch(url: string, client: ServedClient) {
  const { ca, cert, key } = client.tls;
  const request = get(`${url}${INSTANCES}?watch=true`, { ca, cert, key, agent: false });
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.on('error', () => {});
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      return done ? undefined : JSON.parse(value);
    },
    close: () => request.destroy(),
  };
}

/** A terminal that has said hello. `closed` resolves when its connection is gone. */
async function terminal(url: string, client: ServedClient) {
  const { ca, cert, key } = client.tls;
  const address = `${url.replace('https', 'wss')}${INSTANCES}/vm/exec?command=sh&stdout=true`;
  const socket = new WebSocket(address, ['v5.channel.k8s.io'], { ca, cert, key });
  socket.on('error', () => {});
  assert.equal(String((await once(socket, 'message'))[0]), '\x01hello');
  return {
    closed: once(socket, 'close'),
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: () => socket.terminate(),
  };
}

describe('what was opened with access that is then taken away', () => {
  let region: TrustFixture;
  let served: ServedRegion;
  let clock: ManualClock;
  let admin: ServedClient;
  let editor: ServedClient;

  beforeEach(async () => {
    told = Promise.withResolvers();
    clock = new ManualClock();
    region = await trustFixture(SAMPLE_KINDS);
    served = await serve(region, {
      clock,
      connectors: { 'instances.compute.casemate.internal/exec': shell },
    });
    await region.make(ACME, Project, { metadata: { name: 'own' } });
    await region.bind(ACME, 'admins', 'organization-admin', 'admin');
    await region.bind(ACME, 'editors', 'project-editor', 'editor', 'own');
    admin = await served.client(ACME, 'admin');
    await region.make(ACME, User, { metadata: { name: 'editor' }, spec: { displayName: 'Editor' } });
    editor = await served.client(ACME, 'editor');
    assert.equal((await editor.send('POST', INSTANCES, instance('vm'))).code, 201);
  });
  afterEach(async () => {
    await served.close();
    await region.close();
  });

  const instance = (name: string) => JSON.stringify({ metadata: { name }, spec: {} });

  for (const [what, path, code, reason] of [
    ['the certificate', () => pathOf(ClientCertificate, editor.tls.name), 401, 'Unauthorized'],
    ['the role', () => pathOf(RoleBinding, 'editors'), 403, 'Forbidden'],
    ['the person', () => pathOf(User, 'editor'), 401, 'Unauthorized'],
  ] as const) {
    test(`${what}: a watch ends with ${code} within ${REVALIDATION_INTERVAL_MS / 1_000} s, another's goes on`, async () => {
      const theirs = await watch(served.url, editor);
      const ours = await watch(served.url, admin);
      for (const each of [theirs, ours]) assert.equal((await each.next()).object.metadata.name, 'vm');
      await clock.advance(REVALIDATION_INTERVAL_MS);
      assert.equal((await editor.send('POST', INSTANCES, instance('before'))).code, 201);
      for (const each of [theirs, ours]) assert.equal((await each.next()).object.metadata.name, 'before');

      assert.equal((await admin.send('DELETE', path())).code, 200);
      await clock.advance(REVALIDATION_INTERVAL_MS);
      const last = await theirs.next();
      assert.deepEqual([last.type, last.object.code, last.object.reason], ['ERROR', code, reason]);
      assert.equal(await theirs.next(), undefined);

      assert.equal((await admin.send('POST', INSTANCES, instance('after'))).code, 201);
      assert.equal((await ours.next()).object.metadata.name, 'after');
      ours.close();
    });

    test(`${what}: a terminal is closed and its command told, another's goes on`, async () => {
      const theirs = await terminal(served.url, editor);
      const ours = await terminal(served.url, admin);
      await clock.advance(REVALIDATION_INTERVAL_MS);
      assert.equal((await admin.send('DELETE', path())).code, 200);
      await clock.advance(REVALIDATION_INTERVAL_MS);
      await theirs.closed;
      assert.equal(await told.promise, 'editor');
      assert.equal(ours.isOpen(), true);
      ours.close();
      await ours.closed;
    });

    test(`${what}: and whatever is asked anew is refused at once`, async () => {
      assert.equal((await admin.send('DELETE', path())).code, 200);
      for (const url of [INSTANCES, `${INSTANCES}?watch=true`, `${INSTANCES}/vm/exec?command=sh`]) {
        assert.equal((await editor.send('GET', url)).code, code, url);
      }
    });
  }
});

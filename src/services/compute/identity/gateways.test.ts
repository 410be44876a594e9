/** What listens at gateways, with real connections on loopback addresses that stand for a gateway and for instances. Needs root, for ports below 1024. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader, type JWTHeaderParameters, SignJWT } from 'jose';
import { API_PORT, TOKEN_PORT } from '#engines/nftables/workload-ports.ts';
import type { AccessRecord } from '#kernel/access.ts';
import { isStatusError } from '#kernel/errors.ts';
import { silentLogger } from '#kernel/logger.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { portName } from '#services/network/names.ts';
import { people } from '#trust/identity/people/directory.ts';
import { ServiceAccount } from '#trust/identity/service-accounts/service-account.ts';
import { ACME, type IdentityFixture, identityFixture } from '#trust/identity/testing/fixture.ts';
import { tokenAuthenticator } from '#trust/identity/token-authenticator.ts';
import { Project } from '#trust/testing/kinds.ts';
import { Instance } from '../instance.ts';
import type { Gateways } from './gateways.ts';
import { TOKEN_CONNECTIONS_OF_ONE_MAX, TOKENS_BURST } from './limits.ts';
import { gatewaysOf } from './service.ts';
import { type Gateway, instanceWorkloads } from './workloads.ts';

/** Nobody else's on this machine. */
const loopback = (last: number) => `127.84.${process.pid % 250}.${last}`;
const GATEWAY = loopback(1);
const WEB = loopback(2);
const REGION_ID = 'test';

describe('at a gateway', { skip: process.getuid?.() === 0 ? false : 'needs root' }, () => {
  let region: IdentityFixture;
  let gateways: Gateways;
  let gateway: Gateway;
  const records: AccessRecord[] = [];
  const taken: Socket[] = [];
  /** Stands for the packet filter in force. */
  const ports = new Map<string, string>();
  let nextPort = 600;

  before(async () => {
    region = await identityFixture({ kinds: [Instance] });
    await region.make(ACME, Project, { metadata: { name: 'shop' } });
    for (const name of ['robot', 'brief']) {
      await region.make(ACME, ServiceAccount, { metadata: { name } }, 'shop');
    }
    gateways = gatewaysOf({
      realms: region.realms,
      ports: { regionId: REGION_ID, portOf: (address) => ports.get(address) },
      tokens: region.identity.tokens,
      accessLog: {
        record(_realm, record) {
          records.push(record);
          return { durable: Promise.resolve() };
        },
      },
      ca: region.ca,
      serverName: 'test.casemate.internal',
      takeConnection: (socket) => {
        taken.push(socket);
        socket.end(`${socket.remoteAddress}`);
      },
      isEverywhere: false,
      // It stands still: nothing is regained while the test runs.
      clock: new ManualClock(),
      random: region.random,
      logger: silentLogger,
    });
    gateway = { realm: ACME, namespace: 'shop', network: 'front', uid: 'u-1', address: GATEWAY };
    await instance('web', WEB, { serviceAccount: 'robot' });
    assert.equal(await gateways.open(gateway), 'open');
  });
  after(async () => {
    await gateways?.closeAll();
    await region?.close();
  });

  const instance = async (name: string, address: string, spec: object = {}) => {
    const draft = { metadata: { name }, spec: { image: 'debian', ...spec } };
    const { metadata } = await region.make(ACME, Instance, draft, 'shop');
    ports.set(address, portName(REGION_ID, metadata.uid, 0));
    const addresses = [{ network: 'front', address, mac: '02:00:00:00:00:01' }];
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(
        Instance,
        { namespace: 'shop', name },
        region.context(ACME),
        (current) => ({ ...current, status: { ...current.status, addresses } }),
        { subresource: 'status' },
      ),
    );
  };
  const setSpec = (name: string, spec: object) =>
    region.realms.use(ACME, ({ resources }) =>
      resources.modify(Instance, { namespace: 'shop', name }, region.context(ACME), (current) => ({
        ...current,
        spec: { ...current.spec, ...spec },
      })),
    );
  const ask = async (from: string, path = '/v1/token') => {
    nextPort = nextPort === 1_000 ? 600 : nextPort + 1;
    const asked = request({
      host: GATEWAY,
      port: TOKEN_PORT,
      localAddress: from,
      localPort: nextPort,
      agent: false,
      method: 'POST',
      path,
      headers: { 'Casemate-Identity': '1' },
    });
    asked.end();
    const [answer] = await once(asked, 'response');
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    const { statusCode: code, headers }: { statusCode: number; headers: IncomingHttpHeaders } = answer;
    return { code, text: text.trim(), headers };
  };
  const authenticator = () =>
    tokenAuthenticator({
      apiUrl: region.url,
      realms: region.realms,
      keys: region.identity.keys,
      people,
      workloads: instanceWorkloads,
      clock: region.clock,
    });
  const isRefused = async (bearerToken: string) => {
    try {
      await authenticator().authenticate(ACME, { bearerToken });
      return undefined;
    } catch (error) {
      if (isStatusError(error, 'Unauthorized')) return error.message;
      throw error;
    }
  };

  it('an address is its instance, and gets a token of what that runs as, on record', async () => {
    const { code, text, headers } = await ask(WEB);
    assert.equal(code, 200, text);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(Date.parse(String(headers['casemate-expires'])), (decodeJwt(text).exp ?? 0) * 1_000);
    const actor = await authenticator().authenticate(ACME, { bearerToken: text });
    const uid = await region.realms.use(ACME, ({ view }) => {
      return view.get(Instance, { namespace: 'shop', name: 'web' })?.metadata.uid;
    });
    assert.equal(actor.name, 'system:serviceaccount:shop:robot');
    assert.equal(actor.credential, `instance:${uid}`);
    const { actor: who, decision, details, resource } = records.at(-1) ?? {};
    assert.deepEqual(
      { who, decision, details, resource },
      {
        who: 'system:serviceaccount:shop:robot',
        decision: 'allowed',
        details: { instance: 'web' },
        resource: 'serviceaccounts/token',
      },
    );
    assert.equal(JSON.stringify(records).includes(text), false);
  });

  it('a token given to an instance means nothing where instances run as nothing', async () => {
    const { text } = await ask(WEB);
    assert.match((await isRefused(text)) ?? 'let in', /^let in$/);
    await assert.rejects(
      region.identity.authenticator.authenticate(ACME, { bearerToken: text }),
      /instance shop\/web does not run as service account robot any more/,
    );
  });

  it('a token of an instance counts for no other one, and half of one is none', async () => {
    const { text } = await ask(WEB);
    const { current } = await region.identity.keys.of(ACME);
    const payload = decodeJwt(text);
    const claims = payload['kubernetes.io'] as { instance: { name: string; uid: string } };
    const signed = (instance: unknown) =>
      new SignJWT({ ...payload, 'kubernetes.io': { ...claims, instance } })
        .setProtectedHeader(decodeProtectedHeader(text) as JWTHeaderParameters)
        .sign(current.privateKey);
    assert.equal(await isRefused(await signed(claims.instance)), undefined);
    const { name, uid } = claims.instance;
    for (const other of [
      { name, uid: 'another' },
      { name: 'another', uid },
    ]) {
      assert.match((await isRefused(await signed(other))) ?? '', /does not run as service account robot/);
    }
    for (const half of [{ name }, { uid }, { name: '', uid }, 'web', null, []]) {
      assert.match((await isRefused(await signed(half))) ?? '', /no valid credential/);
    }
  });

  it('an address that is no instance’s gets none', async () => {
    assert.equal((await ask(loopback(9))).code, 403);
    assert.equal((await ask(GATEWAY)).code, 403);
  });

  it('an address that changed hands is nobody’s until the packet filter knows its new holder', async () => {
    const address = loopback(7);
    ports.clear();
    assert.equal((await ask(WEB)).code, 403);
    await instance('leaves', address, { serviceAccount: 'brief' });
    const before = ports.get(address) ?? '';
    assert.equal((await ask(address)).code, 200);
    await region.remove(ACME, Instance, 'leaves', 'shop');
    await region.realms.use(ACME, ({ resources }) =>
      resources.modify(Instance, { namespace: 'shop', name: 'leaves' }, region.context(ACME), (current) => ({
        ...current,
        metadata: { ...current.metadata, finalizers: [] },
      })),
    );
    await instance('comes', address, { serviceAccount: 'robot' });
    const after = ports.get(address) ?? '';
    // Whoever sends from there now is still who left.
    ports.set(address, before);
    assert.equal((await ask(address)).code, 403);
    ports.set(address, after);
    assert.equal(decodeJwt((await ask(address)).text).sub, 'system:serviceaccount:shop:robot');
    const web = await region.realms.use(ACME, ({ view }) =>
      view.get(Instance, { namespace: 'shop', name: 'web' }),
    );
    ports.set(WEB, portName(REGION_ID, web?.metadata.uid ?? '', 0));
  });

  it('what counts is what the instance runs as at that moment', async () => {
    await instance('fickle', loopback(4), { serviceAccount: 'brief' });
    const { text } = await ask(loopback(4));
    assert.equal(await isRefused(text), undefined);
    await setSpec('fickle', { powerState: 'Stopped' });
    assert.equal((await ask(loopback(4))).code, 403);
    assert.match((await isRefused(text)) ?? '', /does not run as/);
    await setSpec('fickle', { powerState: 'Running' });
    assert.equal(await isRefused(text), undefined);
    await region.remove(ACME, ServiceAccount, 'brief', 'shop');
    const gone = await ask(loopback(4));
    assert.deepEqual([gone.code, gone.text], [403, 'the service account "brief" is gone']);
    assert.equal(records.at(-1)?.decision, 'denied');
    assert.match((await isRefused(text)) ?? '', /is gone/);
    await setSpec('fickle', { serviceAccount: undefined });
    assert.match((await ask(loopback(4))).text, /runs as no service account/);
  });

  it('a kubeconfig holds no secret, and a credential is what kubectl expects', async () => {
    const { text } = await ask(WEB, '/v1/kubeconfig');
    const config = JSON.parse(text);
    assert.equal(config.clusters[0].cluster.server, `https://${GATEWAY}:${API_PORT}${ACME}`);
    assert.equal(config.users[0].user.exec.command, 'curl');
    const credential = JSON.parse((await ask(WEB, '/v1/credential')).text);
    assert.equal(credential.kind, 'ExecCredential');
    assert.equal(decodeJwt(credential.status.token).sub, 'system:serviceaccount:shop:robot');
  });

  it('one instance’s questions do not use up another’s', async () => {
    await instance('busy', loopback(5), { serviceAccount: 'robot' });
    const codes: number[] = [];
    for (let asked = 0; asked <= TOKENS_BURST; asked++) codes.push((await ask(loopback(5))).code);
    assert.deepEqual(codes, [...Array(TOKENS_BURST).fill(200), 429]);
    assert.equal((await ask(WEB)).code, 200);
  });

  it('the API takes the connections of instances that run as something, from their own address', async () => {
    const meets = async (from: string) => {
      const socket = connect({ host: GATEWAY, port: API_PORT, localAddress: from });
      let text = '';
      for await (const chunk of socket.setEncoding('utf8')) text += chunk;
      return text;
    };
    assert.equal(await meets(WEB), WEB);
    await instance('idle', loopback(6));
    assert.equal(await meets(loopback(6)), '');
    assert.equal(await meets(loopback(9)), '');
    assert.equal(taken.length, 1);
  });

  it('no instance holds more than its share of connections, and others have theirs', async () => {
    const held: Socket[] = [];
    const open = async (from: string) => {
      const socket = connect({ host: GATEWAY, port: TOKEN_PORT, localAddress: from });
      socket.on('error', () => {});
      held.push(socket);
      await once(socket, 'connect');
      return socket;
    };
    for (let count = 0; count < TOKEN_CONNECTIONS_OF_ONE_MAX; count++) await open(loopback(5));
    await once((await open(loopback(5))).resume(), 'close');
    assert.equal((await ask(WEB)).code, 200);
    for (const socket of held) socket.destroy();
  });

  it('what something else listens on is said to be taken; closing ends what is open', async () => {
    const other = { ...gateway, network: 'back', uid: 'u-2' };
    assert.equal(await gateways.open(other), 'taken');
    assert.equal(await gateways.open({ ...other, address: '192.0.2.9' }), 'absent');
    const socket = connect({ host: GATEWAY, port: TOKEN_PORT, localAddress: WEB });
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.on('error', () => {});
    await gateways.close(gateway);
    await closed;
    assert.equal(await gateways.open(gateway), 'open');
    assert.equal((await ask(WEB)).code, 200);
  });
});

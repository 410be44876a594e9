/** The region's hierarchy as OpenSSL and live TLS connections see it: online root, issuers, an offline root, and the change from one to the other. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { REGION } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { type Keyring, softwareKeyring } from '../keys/keyring.ts';
import { memoryKeyStorage } from '../keys/memory-key-storage.ts';
import type { CeremonyRoom } from '../keys/seal/ceremony.ts';
import { symmetricKey } from '../keys/wrapping.ts';
import { type IssuerAnswer, parseIssuerRequest } from './issuer-request.ts';
import { type RegionIssuers, regionIssuers } from './issuers.ts';
import { holdRootCeremony } from './offline-root.ts';
import { importedIssuers, RegionIssuer, type RegionIssuerObject } from './region-issuer.ts';
import { regionIssuerController } from './region-issuer-controller.ts';
import { ensureServerIdentity, regionNames, rootConstraints } from './server-identity.ts';

const NAMES = { dnsNames: ['localhost', 'lux.casemate.internal'], ips: ['127.0.0.1'] };
const PASSPHRASE = 'six words that nobody would guess';
const HOUR_MS = 3_600_000;
const ACME = '/orgs/acme';

const room: CeremonyRoom = {
  show: async () => {},
  readBack: async () => undefined,
  open: async () => PASSPHRASE,
};

describe('the region’s hierarchy', () => {
  let folder: string;
  let region: TestRealms;
  let keyring: Keyring;
  let issuers: RegionIssuers;
  // TLS clients go by the machine's clock: it begins there.
  const clock = new ManualClock(Date.now());

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casemate-hierarchy-'));
    keyring = softwareKeyring({
      region: 'lux',
      storage: memoryKeyStorage(),
      masterKey: symmetricKey(randomBytes(32)),
      clock,
    });
    region = await openTestRealms({ kinds: [RegionIssuer], create: [REGION, ACME], keyring, clock });
    issuers = regionIssuers({
      region: 'lux',
      keyring,
      constraints: rootConstraints(NAMES),
      ownNames: regionNames(NAMES),
      apiUrl: () => 'https://127.0.0.1:6443',
      clock,
      offline: importedIssuers(region.realms),
    });
  });
  after(async () => {
    await region?.close();
    await rm(folder, { recursive: true });
  });

  const identity = () => ensureServerIdentity({ folder, names: NAMES, keyring, issuers, clock });

  /** What OpenSSL says of a bundle (a certificate, and what it was sent with) under some roots; '' when all is well. */
  async function openssl(bundle: string, roots: string, ...options: string[]): Promise<string> {
    const file = (name: string) => join(folder, name);
    const [leaf = '', ...chain] = bundle.split(/(?=-----BEGIN)/);
    await Promise.all([
      writeFile(file('leaf.pem'), leaf),
      writeFile(file('chain.pem'), chain.join('')),
      writeFile(file('roots.pem'), roots),
    ]);
    const trusted = [
      '-CAfile',
      file('roots.pem'),
      ...(chain.length > 0 ? ['-untrusted', file('chain.pem')] : []),
    ];
    const at = ['-attime', String(Math.floor(clock.now() / 1000))];
    try {
      execFileSync('openssl', ['verify', '-x509_strict', ...at, ...trusted, ...options, file('leaf.pem')], {
        stdio: 'pipe',
      });
      return '';
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
  }
  const server = ['-purpose', 'sslserver', '-verify_hostname', 'lux.casemate.internal'];

  async function reconcile(name: string): Promise<RegionIssuerObject> {
    const controller = regionIssuerController({
      region: 'lux',
      keyring,
      issuers,
      constraints: rootConstraints(NAMES),
      clock,
    });
    return region.realms.use(REGION, async (realm) => {
      await controller.reconcile(
        { name },
        {
          realm,
          realms: region.realms,
          change: region.context(REGION),
          events: { record: () => {} },
          clock,
          random: region.random,
          signal: new AbortController().signal,
        },
      );
      const object = realm.view.get(RegionIssuer, { name });
      assert.ok(object);
      return object;
    });
  }
  const make = (name: string) =>
    region.realms.use(REGION, ({ resources }) =>
      resources.create(RegionIssuer, undefined, { metadata: { name }, spec: {} }, region.context(REGION)),
    );
  const change = (name: string, spec: Partial<NonNullable<RegionIssuerObject['spec']>>) =>
    region.realms.use(REGION, ({ resources }) =>
      resources.modify(RegionIssuer, { name }, region.context(REGION), (current) => ({
        ...current,
        spec: { ...current.spec, ...spec },
      })),
    );
  const ceremony = (request: string, offline: string) =>
    holdRootCeremony({
      folder: offline,
      request: parseIssuerRequest(request),
      choice: async () => ({ seal: 'passphrase', passphrase: Buffer.from(PASSPHRASE) }),
      room: () => room,
      present: ['Ada', 'Blaise'],
      command: 'casemate ca ceremony',
      clock,
    });
  const readyOf = ({ status }: RegionIssuerObject) =>
    status?.conditions?.find(({ type }) => type === 'Ready');

  let firstCa: string;
  let answer: IssuerAnswer;

  it('servers and organizations stand under the region’s issuer, and that under the root, for OpenSSL', async () => {
    const { certificate, ca } = await identity();
    firstCa = ca;
    assert.equal(certificate.split('BEGIN CERTIFICATE').length, 3);
    assert.equal(await openssl(certificate, ca, ...server), '');
    const organization = await issuers.organization(ACME);
    assert.equal(await openssl(organization.chain, ca), '');
    assert.equal(organization.certificate.checkIssued((await issuers.region()).certificate), true);
    const { root } = await issuers.root();
    assert.equal(new X509Certificate(ca).fingerprint256, root.certificate.fingerprint256);
  });

  it('a server certificate lives for a week, and is renewed at two thirds while connections go on', async () => {
    const first = await identity();
    const { validFromDate, validToDate } = new X509Certificate(first.certificate);
    assert.equal(validToDate.getTime() - validFromDate.getTime(), 7 * 24 * HOUR_MS + 5 * 60_000);
    const tls = createServer({ key: first.key, cert: first.certificate }, (socket) => socket.pipe(socket));
    tls.listen(0, '127.0.0.1');
    await new Promise((resolve) => tls.once('listening', resolve));
    const { port } = tls.address() as { port: number };
    const open = () =>
      new Promise<TLSSocket>((resolve, reject) => {
        const socket: TLSSocket = connect(
          { host: '127.0.0.1', port, ca: first.ca, servername: 'localhost' },
          () => resolve(socket),
        );
        socket.once('error', reject);
      });
    const echo = (socket: TLSSocket, text: string) =>
      new Promise<string>((resolve) => {
        socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        socket.write(text);
      });
    const old = await open();
    assert.equal(await echo(old, 'before'), 'before');
    const start = clock.now();
    let renewed: Awaited<ReturnType<typeof identity>> | undefined;
    while (renewed === undefined) {
      await clock.advance(HOUR_MS);
      const now = await identity();
      if (now.renewed) renewed = now;
    }
    const hours = (clock.now() - start) / HOUR_MS;
    assert.ok(hours > 111 && hours <= 113, `${hours} hours`);
    tls.setSecureContext({ key: renewed.key, cert: renewed.certificate });
    assert.equal(await echo(old, 'after'), 'after');
    assert.equal(await openssl(renewed.certificate, firstCa, ...server), '');
    old.destroy();
    tls.close();
    // Back to the machine's time, in which that certificate is not valid yet.
    clock.set(start);
    await rm(join(folder, 'server.crt'));
  });

  it('a ceremony makes a root whose key is nowhere in the clear, and a transcript without a secret', async () => {
    await make('offline');
    const { status } = await reconcile('offline');
    assert.equal(readyOf({ status } as RegionIssuerObject)?.reason, 'AwaitsCeremony');
    const offline = await mkdtemp(join(folder, 'medium-'));
    answer = await ceremony(status?.request ?? '', offline);
    assert.deepEqual((await readdir(offline)).sort(), ['master.sealed', 'root.crt', 'root.sealed']);
    for (const name of await readdir(offline)) {
      assert.doesNotMatch(await readFile(join(offline, name), 'utf8'), /PRIVATE KEY/);
    }
    assert.equal(await readFile(join(offline, 'root.crt'), 'utf8'), answer.root);
    assert.match(answer.transcript, /Ada\n {2}Blaise/);
    assert.ok(answer.transcript.includes(new X509Certificate(answer.root).fingerprint256));
    assert.ok(!answer.transcript.includes(PASSPHRASE));
    assert.equal(await openssl(answer.certificate, answer.root), '');
    // Held again, it opens the same root.
    const again = await ceremony(status?.request ?? '', offline);
    assert.equal(again.root, answer.root);
  });

  it('refuses an answer for another key, of another root, or from another region’s ceremony', async () => {
    await make('other');
    const { status } = await reconcile('other');
    const medium = await mkdtemp(join(folder, 'other-'));
    const other = await ceremony(status?.request ?? '', medium);
    const wrong: readonly [string, Partial<IssuerAnswer>, RegExp][] = [
      ['swapped', { certificate: answer.certificate, root: other.root }, /not signed by spec.root/],
      ['foreign', { certificate: other.certificate, root: other.root }, /another key/],
      ['leaf', { certificate: answer.certificate, root: answer.certificate }, /not a root/],
      ['text', { certificate: 'text', root: answer.root }, /no certificate/],
    ];
    for (const [name, given, words] of wrong) {
      await make(name);
      await reconcile(name);
      await change(name, given);
      const ready = readyOf(await reconcile(name));
      assert.deepEqual([ready?.status, ready?.reason], ['False', 'Refused'], name);
      assert.match(ready?.message ?? '', words);
    }
    assert.equal((await identity()).ca, firstCa);
  });

  it('a region changes over to the offline root, and clients change what they trust once, when they like', async () => {
    const { certificate, root, transcript } = answer;
    const before = (await identity()).certificate;
    await change('offline', { certificate, root, transcript });
    const taken = await reconcile('offline');
    assert.equal(readyOf(taken)?.status, 'True', readyOf(taken)?.message ?? 'no condition');
    assert.equal(taken.status?.rootFingerprint, new X509Certificate(root).fingerprint256);
    await assert.rejects(change('offline', { transcript: 'another' }), { reason: 'Invalid' });

    // Announced: both roots for clients, and nothing else is different.
    const announced = await identity();
    assert.deepEqual([announced.ca, announced.renewed], [`${firstCa}${root}`, false]);
    assert.equal(announced.certificate, before);

    // Active: whoever knows either root is served.
    await change('offline', { stage: 'active' });
    const active = await identity();
    assert.equal(active.renewed, true);
    for (const roots of [firstCa, root, active.ca])
      assert.equal(await openssl(active.certificate, roots, ...server), '');
    const organization = await issuers.organization(ACME);
    assert.equal(organization.number, 2);
    for (const roots of [firstCa, root]) assert.equal(await openssl(organization.chain, roots), '');

    // Alone: the old root is nothing any more.
    await change('offline', { stage: 'alone' });
    const alone = await identity();
    assert.equal(alone.ca, root);
    assert.equal(await openssl(alone.certificate, root, ...server), '');
    assert.match(await openssl(alone.certificate, firstCa, ...server), /unable to get (local )?issuer/);
    const tls = createServer({ key: alone.key, cert: alone.certificate }, (socket) => socket.end());
    tls.listen(0, '127.0.0.1');
    await new Promise((resolve) => tls.once('listening', resolve));
    const { port } = tls.address() as { port: number };
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: root, servername: 'localhost' }, () => resolve());
      socket.on('error', reject);
      socket.on('close', () => tls.close());
      socket.resume();
    });
  });

  it('repeating the import changes nothing', async () => {
    const { status: first } = await reconcile('offline');
    const { status: second } = await reconcile('offline');
    assert.deepEqual(second, first);
    assert.deepEqual(await issuers.numbers(REGION), [1, 2]);
  });
});

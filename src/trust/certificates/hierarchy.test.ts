/** The region's hierarchy as OpenSSL and live TLS connections see it: online root, issuers, an offline root, and the change from one to the other. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { REGION } from '#kernel/realm-id.ts';
import type { IssuerAnswer } from './issuer-request.ts';
import type { ServerIdentity } from './server-identity.ts';
import { ACME, type Hierarchy, openHierarchy, PASSPHRASE, readyOf, SERVER } from './testing/hierarchy.ts';

const HOUR_MS = 3_600_000;

describe('the region’s hierarchy', () => {
  let region: Hierarchy;
  before(async () => {
    region = await openHierarchy();
  });
  after(() => region?.close());

  let firstCa: string;
  let answer: IssuerAnswer;

  it('servers and organizations stand under the region’s issuer, and that under the root, for OpenSSL', async () => {
    const { certificate, ca } = await region.identity();
    firstCa = ca;
    assert.equal(certificate.split('BEGIN CERTIFICATE').length, 3);
    assert.equal(await region.openssl(certificate, ca, ...SERVER), '');
    const organization = await region.issuers.organization(ACME);
    assert.equal(await region.openssl(organization.chain, ca), '');
    assert.equal(organization.certificate.checkIssued((await region.issuers.region()).certificate), true);
    const { root } = await region.issuers.root();
    assert.equal(new X509Certificate(ca).fingerprint256, root.certificate.fingerprint256);
  });

  it('a server certificate lives for a week, and is renewed at two thirds while connections go on', async () => {
    const first = await region.identity();
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
    const start = region.clock.now();
    let renewed: ServerIdentity | undefined;
    while (renewed === undefined) {
      await region.clock.advance(HOUR_MS);
      const now = await region.identity();
      if (now.renewed) renewed = now;
    }
    const hours = (region.clock.now() - start) / HOUR_MS;
    assert.ok(hours > 111 && hours <= 113, `${hours} hours`);
    tls.setSecureContext({ key: renewed.key, cert: renewed.certificate });
    assert.equal(await echo(old, 'after'), 'after');
    assert.equal(await region.openssl(renewed.certificate, firstCa, ...SERVER), '');
    old.destroy();
    tls.close();
    // Back to the machine's time, in which that certificate is not valid yet.
    region.clock.set(start);
    await rm(join(region.folder, 'server.crt'));
  });

  it('a ceremony makes a root whose key is nowhere in the clear, and a transcript without a secret', async () => {
    await region.make('offline');
    const { status } = await region.reconcile('offline');
    assert.equal(readyOf({ status })?.reason, 'AwaitsCeremony');
    const offline = await mkdtemp(join(region.folder, 'medium-'));
    answer = await region.ceremony(status?.request ?? '', offline);
    assert.deepEqual((await readdir(offline)).sort(), ['master.sealed', 'root.crt', 'root.sealed']);
    for (const name of await readdir(offline)) {
      assert.doesNotMatch(await readFile(join(offline, name), 'utf8'), /PRIVATE KEY/);
    }
    assert.equal(await readFile(join(offline, 'root.crt'), 'utf8'), answer.root);
    assert.match(answer.transcript, /Ada\n {2}Blaise/);
    assert.ok(answer.transcript.includes(new X509Certificate(answer.root).fingerprint256));
    assert.ok(!answer.transcript.includes(PASSPHRASE));
    assert.equal(await region.openssl(answer.certificate, answer.root), '');
    // Held again, it opens the same root.
    const again = await region.ceremony(status?.request ?? '', offline);
    assert.equal(again.root, answer.root);
  });

  it('refuses an answer for another key, of another root, or from another region’s ceremony', async () => {
    await region.make('other');
    const { status } = await region.reconcile('other');
    const medium = await mkdtemp(join(region.folder, 'other-'));
    const other = await region.ceremony(status?.request ?? '', medium);
    const wrong: readonly [string, Partial<IssuerAnswer>, RegExp][] = [
      ['swapped', { certificate: answer.certificate, root: other.root }, /not signed by spec.root/],
      ['foreign', { certificate: other.certificate, root: other.root }, /another key/],
      ['leaf', { certificate: answer.certificate, root: answer.certificate }, /not a root/],
      ['text', { certificate: 'text', root: answer.root }, /no certificate/],
    ];
    for (const [name, given, words] of wrong) {
      await region.make(name);
      await region.reconcile(name);
      await region.change(name, given);
      const ready = readyOf(await region.reconcile(name));
      assert.deepEqual([ready?.status, ready?.reason], ['False', 'Refused'], name);
      assert.match(ready?.message ?? '', words);
    }
    assert.equal((await region.identity()).ca, firstCa);
  });

  it('a region changes over to the offline root, and clients change what they trust once, when they like', async () => {
    const { certificate, root, transcript } = answer;
    const before = (await region.identity()).certificate;
    await region.change('offline', { certificate, root, transcript });
    const taken = await region.reconcile('offline');
    assert.equal(readyOf(taken)?.status, 'True', readyOf(taken)?.message ?? 'no condition');
    assert.equal(taken.status?.rootFingerprint, new X509Certificate(root).fingerprint256);
    await assert.rejects(region.change('offline', { transcript: 'another' }), { reason: 'Invalid' });

    // Announced: both roots for clients, and nothing else is different.
    const announced = await region.identity();
    assert.deepEqual([announced.ca, announced.renewed], [`${firstCa}${root}`, false]);
    assert.equal(announced.certificate, before);

    // Active: whoever knows either root is served.
    await region.change('offline', { stage: 'active' });
    const active = await region.identity();
    assert.equal(active.renewed, true);
    for (const roots of [firstCa, root, active.ca])
      assert.equal(await region.openssl(active.certificate, roots, ...SERVER), '');
    const organization = await region.issuers.organization(ACME);
    assert.equal(organization.number, 2);
    for (const roots of [firstCa, root]) assert.equal(await region.openssl(organization.chain, roots), '');

    // Alone: the old root is nothing any more.
    await region.change('offline', { stage: 'alone' });
    const alone = await region.identity();
    assert.equal(alone.ca, root);
    assert.equal(await region.openssl(alone.certificate, root, ...SERVER), '');
    assert.match(
      await region.openssl(alone.certificate, firstCa, ...SERVER),
      /unable to get (local )?issuer/,
    );
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
    const { status: first } = await region.reconcile('offline');
    const { status: second } = await region.reconcile('offline');
    assert.deepEqual(second, first);
    assert.deepEqual(await region.issuers.numbers(REGION), [1, 2]);
  });
});

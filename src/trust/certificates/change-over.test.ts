/** Roots end, and are replaced, offline ones too: who goes on with what they know, until when, as OpenSSL and a live TLS connection judge it. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer } from 'node:tls';
import type { IssuerAnswer } from './issuer-request.ts';
import type { ServerIdentity } from './server-identity.ts';
import { ACME, type Hierarchy, openHierarchy, readyOf, SERVER } from './testing/hierarchy.ts';

const DAY_MS = 86_400_000;

/** What a client that knows these roots says of the server: '' when it goes on. */
function visit({ key, certificate }: ServerIdentity, ca: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = createServer({ key, cert: certificate }, (socket) => socket.end());
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }, () => resolve(''));
    socket.on('error', (error) => resolve(String(error)));
    socket.on('close', () => server.close());
    socket.resume();
  });
  return promise;
}

describe('a region whose root is replaced', () => {
  let region: Hierarchy;
  let own: string;
  const media = new Map<string, string>();
  before(async () => {
    region = await openHierarchy();
    own = (await region.identity()).ca;
  });
  after(() => region?.close());

  /** Holds a ceremony for an issuer of this name, its root on a medium of the same name. */
  async function hold(name: string, earlier?: string): Promise<IssuerAnswer> {
    await region.make(name);
    const medium = await mkdtemp(join(region.folder, 'medium-'));
    media.set(name, medium);
    const { status } = await region.reconcile(name);
    return region.ceremony(status?.request ?? '', medium, earlier && media.get(earlier));
  }
  async function take(name: string, { certificate, root, cross, transcript }: IssuerAnswer) {
    await region.change(name, {
      certificate,
      root,
      transcript,
      ...(cross === undefined ? {} : { cross }),
    });
    return readyOf(await region.reconcile(name));
  }
  async function turn(name: string, stage: 'active' | 'alone') {
    await region.change(name, { stage });
    const message = readyOf(await region.reconcile(name))?.message;
    return { identity: await region.identity(), message };
  }
  /** Under which of these roots a server, and an organization’s issuer, are good. */
  async function goodUnder(identity: ServerIdentity, ...roots: readonly string[]): Promise<boolean[]> {
    const organization = (await region.issuers.organization(ACME)).chain;
    const good: boolean[] = [];
    for (const ca of roots) {
      const server = await region.openssl(identity.certificate, ca, ...SERVER);
      const below = await region.openssl(organization, ca);
      assert.equal(server === '', below === '', `${server}${below}`);
      good.push(server === '');
    }
    return good;
  }

  let first: IssuerAnswer;

  it('by an offline one: whoever knows only the old root goes on until that ends, and not longer; the new one goes on', async () => {
    first = await hold('first');
    assert.match(
      (await take('first', first))?.message ?? '',
      /^It is announced\. The root before it vouches/,
    );
    const { identity } = await turn('first', 'active');
    assert.deepEqual(await goodUnder(identity, own, first.root), [true, true]);
    const start = region.clock.now();
    const end = new X509Certificate(own).validToDate.getTime();
    // Its issuer lasts for three years, so that is how long somebody who does nothing goes on.
    region.clock.set(new X509Certificate(first.certificate).validToDate.getTime() - DAY_MS);
    const late = await region.identity();
    const said = readyOf(await region.reconcile('first'))?.message ?? '';
    assert.match(said, /It ends on \S+: hold another ceremony of its root before/);
    assert.deepEqual(
      [
        await region.openssl(late.certificate, own, ...SERVER),
        await region.openssl(late.certificate, first.root, ...SERVER),
      ],
      ['', ''],
    );
    region.clock.set(start);
    const cross = identity.certificate.split(/(?=-----BEGIN)/).at(-1) ?? '';
    assert.ok(new X509Certificate(cross).validToDate.getTime() <= end);
    // By then the region has a later ceremony behind it: of the old root nothing is left but the word "expired".
    region.clock.set(end + DAY_MS);
    assert.match(await region.openssl(cross, own), /certificate has expired/);
    region.clock.set(start);
  });

  it('by a second offline one that the first vouches for: whoever knows only the first goes on, a live connection too', async () => {
    const { identity: alone } = await turn('first', 'alone');
    assert.equal(alone.ca, first.root);
    const second = await hold('second', 'first');
    assert.match(
      second.transcript,
      new RegExp(`vouched for by, SHA-256 +${new X509Certificate(first.root).fingerprint256}`),
    );
    const ready = await take('second', second);
    assert.deepEqual(
      [ready?.status, ready?.message?.slice(0, 45)],
      ['True', 'It is announced. The root before it vouches f'],
    );
    assert.equal((await region.identity()).ca, `${first.root}${second.root}`);
    const { identity: active } = await turn('second', 'active');
    assert.deepEqual(await goodUnder(active, first.root, second.root, active.ca, own), [
      true,
      true,
      true,
      false,
    ]);
    assert.equal(await visit(active, first.root), '');
    assert.equal(await visit(active, second.root), '');
    const { identity: last } = await turn('second', 'alone');
    assert.equal(last.ca, second.root);
    assert.deepEqual(await goodUnder(last, first.root, second.root), [false, true]);
    assert.match(await visit(last, first.root), /unable to (get|verify)|issuer/i);
  });

  it('by one that nobody vouches for: it says so before it signs, and whoever has both roots goes on', async () => {
    const third = await hold('third');
    assert.match(
      (await take('third', third))?.message ?? '',
      /does not vouch for it: clients .* cut off when it signs/,
    );
    const before_ = (await region.identity()).ca;
    const { identity, message } = await turn('third', 'active');
    assert.match(message ?? '', /^It is active\. The root before it does not vouch/);
    const [old = ''] = before_.split(/(?<=-----END CERTIFICATE-----\n)/);
    assert.deepEqual(await goodUnder(identity, old, before_, third.root), [false, true, true]);
  });

  it('takes the word of a root for nothing but that root, and of none that it does not know', async () => {
    const fourth = await hold('fourth', 'third');
    const stranger = await hold('stranger');
    const strangers = await hold('unknown', 'stranger');
    for (const [name, cross, words] of [
      ['fourth', strangers.cross, /spec\.cross is not about spec\.root/],
      ['unknown', strangers.cross, /signed by no root that was imported here/],
      ['stranger', 'text', /spec\.cross is no certificate/],
    ] as const) {
      const answer = { fourth, unknown: strangers, stranger }[name];
      const ready = await take(name, { ...answer, cross: cross ?? '' });
      assert.deepEqual([ready?.status, ready?.reason], ['False', 'Refused'], name);
      assert.match(ready?.message ?? '', words);
    }
  });

  it('a root does not vouch for itself, and an empty medium for nothing', async () => {
    await region.make('again');
    const { status } = await region.reconcile('again');
    const medium = media.get('third') ?? '';
    await assert.rejects(region.ceremony(status?.request ?? '', medium, medium), /vouches for itself/);
    await assert.rejects(
      region.ceremony(status?.request ?? '', medium, region.folder),
      /has no root that could vouch/,
    );
  });
});

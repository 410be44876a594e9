import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Controller } from '#kernel/controller.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject } from '#kernel/object.ts';
import type { ObjectKey, Realm } from '#kernel/realm.ts';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { everyDisturbance, type Scenario } from '#kernel/reconcile/testing/harness.ts';
import { type Disturber, instrument, instrumentRealm } from '#kernel/reconcile/testing/instrument.ts';
import { openTestRealms, type TestRealms } from '#kernel/store/test-realms.ts';
import { createRootAuthority, openRootAuthority, type RootAuthority } from '../certificates/authority.ts';
import { type IssuerAnswer, parseIssuerRequest } from '../certificates/issuer-request.ts';
import { regionIssuers } from '../certificates/issuers.ts';
import { RegionIssuer } from '../certificates/region-issuer.ts';
import { regionIssuerController } from '../certificates/region-issuer-controller.ts';
import { checkRequest } from '../certificates/request.ts';
import { regionNames, rootConstraints } from '../certificates/server-identity.ts';
import { signAuthority } from '../certificates/tasks.ts';
import { softwareKeyring } from '../keys/keyring.ts';
import { memoryKeyStorage } from '../keys/memory-key-storage.ts';
import { symmetricKey } from '../keys/wrapping.ts';
import { Project } from '../testing/kinds.ts';
import { CERTIFICATE_KINDS } from './acme.ts';
import { issuedCertificateController, revocationController } from './controllers.ts';
import { IssuedCertificate } from './issued-certificate.ts';
import { DAY_MS } from './limits.ts';
import { Revocation } from './revocation.ts';

const ACME = '/orgs/acme';
const PROJECT = 'shop';
/** When the manual clock begins. */
const NOW = Date.UTC(2026, 0, 1);

async function endsAlways<State>(
  scenario: Scenario<State>,
  state: State,
  outcomes_min: number,
): Promise<void> {
  let outcomes = 0;
  for await (const outcome of everyDisturbance(scenario)) {
    assert.deepEqual(outcome.state, state, outcome.title);
    outcomes++;
  }
  assert.ok(outcomes > outcomes_min, `${outcomes} outcomes`);
}

const make = (region: TestRealms, id: RealmId, kind: Kind, draft: DraftObject, namespace?: string) =>
  region.realms.use(id, ({ resources }) => resources.create(kind, namespace, draft, region.context(id)));

/** One pass of a controller over its objects. */
const pass = (
  region: TestRealms,
  disturber: Disturber,
  id: RealmId,
  controller: Controller,
  keys: readonly ObjectKey[],
) =>
  region.realms.use(id, async (realm: Realm) => {
    const seen = instrumentRealm(realm, disturber);
    for (const key of keys) {
      await controller.reconcile(key, {
        realm: seen,
        realms: region.realms,
        change: region.context(id),
        events: { record: () => {} },
        clock: region.clock,
        random: region.random,
        signal: new AbortController().signal,
      });
    }
    return 'settled' as const;
  });

const certificate = (name: string, notAfter: string): DraftObject => ({
  metadata: { name },
  spec: {
    names: [`${name}.front.shop.acme.internal`],
    account: { name: 'web', uid: 'of the account' },
    serial: Buffer.from(name).toString('hex'),
    issuer: 1,
    keyType: 'P-256',
    notBefore: '2025-12-31T00:00:00Z',
    notAfter,
    certificate: 'in PEM',
  },
});

const revocation = (name: string, notAfter: string): DraftObject => ({
  metadata: { name },
  spec: {
    serial: 'aa',
    issuer: 1,
    reason: 'superseded',
    revokedAt: '2025-12-31T00:00:00Z',
    notAfter,
    certificate: 'shop/web',
  },
});

/** What the ceremony would answer, without its slow seal. */
async function answerTo(request: string, root: RootAuthority): Promise<IssuerAnswer> {
  const asked = parseIssuerRequest(request);
  const { spki } = await checkRequest(asked.request);
  const signed = await signAuthority(
    {
      usage: 'server',
      commonName: 'An issuer of the region',
      publicKey: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
      notBefore_ms: NOW - 1_000,
      notAfter_ms: NOW + 300 * DAY_MS,
      pathLength: 1,
      constraints: asked.constraints,
    },
    root.issuer,
  );
  return {
    format: 'casemate-issuer-v1',
    certificate: signed.pem,
    root: root.pem,
    transcript: 'what was done',
  };
}

describe('controllers of certificates, repeated, failed and killed at every call', () => {
  it('a certificate that is deleted before its time ends on record as revoked, once; what has expired ends deleted', async () => {
    const names = ['deleted', 'lives', 'old'];
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await openTestRealms({ kinds: [Project, ...CERTIFICATE_KINDS] });
          await make(region, ACME, Project, { metadata: { name: PROJECT } });
          for (const name of ['deleted', 'lives']) {
            await make(region, ACME, IssuedCertificate, certificate(name, '2026-01-20T00:00:00Z'), PROJECT);
          }
          await make(region, ACME, IssuedCertificate, certificate('old', '2025-12-30T00:00:00Z'), PROJECT);
          await region.realms.use(ACME, ({ resources }) =>
            resources.delete(
              IssuedCertificate,
              { namespace: PROJECT, name: 'deleted' },
              region.context(ACME),
            ),
          );
          const keys = names.map((name) => ({ namespace: PROJECT, name }));
          return {
            async pass() {
              await pass(region, disturber, ACME, issuedCertificateController, keys);
              // What it deletes comes to it again.
              return pass(region, disturber, ACME, issuedCertificateController, keys);
            },
            state: () =>
              region.realms.use(ACME, ({ view }) => ({
                certificates: view.list(IssuedCertificate).map(({ metadata }) => metadata.name),
                revoked: view.list(Revocation).map(({ spec }) => [spec.certificate, spec.serial]),
              })),
            tearDown: () => region.close(),
          };
        },
      },
      { certificates: ['lives'], revoked: [['shop/deleted', Buffer.from('deleted').toString('hex')]] },
      8,
    );
  });

  it('revocations end deleted a day after what they revoked would have expired, and not before', async () => {
    await endsAlways(
      {
        async setUp(disturber) {
          const region = await openTestRealms({ kinds: [Project, ...CERTIFICATE_KINDS] });
          const at = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
          await make(region, ACME, Revocation, revocation('over', at(-2)));
          await make(region, ACME, Revocation, revocation('just-over', at(-0.5)));
          await make(region, ACME, Revocation, revocation('counts', at(5)));
          const keys = ['over', 'just-over', 'counts'].map((name) => ({ name }));
          return {
            pass: () => pass(region, disturber, ACME, revocationController, keys),
            state: () =>
              region.realms.use(ACME, ({ view }) =>
                view.list(Revocation).map(({ metadata }) => metadata.name),
              ),
            tearDown: () => region.close(),
          };
        },
      },
      ['counts', 'just-over'],
      2,
    );
  });

  it('an issuer of the region ends with one request, and with one number for what the ceremony answered', async () => {
    const names = { dnsNames: ['localhost'], ips: ['127.0.0.1'] };
    const root = openRootAuthority(
      await createRootAuthority('lux', rootConstraints(names), NOW, 'Offline root'),
    );
    await endsAlways(
      {
        async setUp(disturber) {
          const storage = memoryKeyStorage();
          const masterKey = symmetricKey(randomBytes(32));
          const region = await openTestRealms({ kinds: [RegionIssuer], create: [REGION] });
          const keyring = softwareKeyring({ region: 'lux', storage, masterKey, clock: region.clock });
          await keyring.create(REGION);
          const constraints = rootConstraints(names);
          const common = { region: 'lux', constraints, clock: region.clock };
          const issuers = regionIssuers({
            ...common,
            keyring,
            ownNames: regionNames(names),
            apiUrl: () => 'https://127.0.0.1:6443',
          });
          await make(region, REGION, RegionIssuer, { metadata: { name: 'offline' }, spec: {} });
          const controller = regionIssuerController({
            ...common,
            issuers,
            keyring: { material: instrument(keyring.material, disturber, { name: 'material' }) },
          });
          const key = { name: 'offline' };
          const object = () => region.realms.use(REGION, ({ view }) => view.get(RegionIssuer, key));
          let answer: IssuerAnswer | undefined;
          return {
            async pass() {
              await pass(region, disturber, REGION, controller, [key]);
              const request = (await object())?.status?.request;
              assert.ok(request);
              answer ??= await answerTo(request, root);
              const { certificate: signed, root: rootPem, transcript } = answer;
              await region.realms.use(REGION, ({ resources }) =>
                resources.modify(RegionIssuer, key, region.context(REGION), (current) => ({
                  ...current,
                  spec: { ...current.spec, certificate: signed, root: rootPem, transcript },
                })),
              );
              return pass(region, disturber, REGION, controller, [key]);
            },
            async state() {
              const ended = await object();
              const number = ended?.status?.number ?? 0;
              const issuer = await issuers.byNumber(REGION, number);
              const signed = new X509Certificate(answer?.certificate ?? '');
              return {
                number,
                numbers: await issuers.numbers(REGION),
                reason: ended?.status?.conditions?.[0]?.reason,
                signs: issuer?.publicKey.equals(signed.publicKey),
              };
            },
            tearDown: () => region.close(),
          };
        },
      },
      { number: 1, numbers: [1], reason: 'Imported', signs: true },
      10,
    );
  });
});

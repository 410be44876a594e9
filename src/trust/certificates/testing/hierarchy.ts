/** A region's hierarchy of certificates on memory storage, with the ceremonies of its offline roots, and what OpenSSL says of it. Tests only. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REGION, type RealmId } from '#kernel/realm-id.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { openTestRealms } from '#kernel/store/test-realms.ts';
import { softwareKeyring } from '../../keys/keyring.ts';
import { memoryKeyStorage } from '../../keys/memory-key-storage.ts';
import type { CeremonyRoom } from '../../keys/seal/ceremony.ts';
import { symmetricKey } from '../../keys/wrapping.ts';
import { type IssuerAnswer, parseIssuerRequest } from '../issuer-request.ts';
import { type RegionIssuers, regionIssuers } from '../issuers.ts';
import { holdRootCeremony } from '../offline-root.ts';
import { importedIssuers, RegionIssuer, type RegionIssuerObject } from '../region-issuer.ts';
import { regionIssuerController } from '../region-issuer-controller.ts';
import {
  ensureServerIdentity,
  regionNames,
  rootConstraints,
  type ServerIdentity,
} from '../server-identity.ts';

const NAMES = { dnsNames: ['localhost', 'lux.casemate.internal'], ips: ['127.0.0.1'] };
export const PASSPHRASE = 'six words that nobody would guess';
export const ACME: RealmId = '/orgs/acme';
/** What OpenSSL is to check of the API's certificate. */
export const SERVER = ['-purpose', 'sslserver', '-verify_hostname', 'lux.casemate.internal'];

const room: CeremonyRoom = {
  show: async () => {},
  readBack: async () => undefined,
  open: async () => PASSPHRASE,
};

export interface Hierarchy {
  /** Of the test's own; gone with it. */
  readonly folder: string;
  readonly clock: ManualClock;
  readonly issuers: RegionIssuers;
  /** As the region does every hour. */
  identity(): Promise<ServerIdentity>;
  /** What OpenSSL says of a bundle (a certificate, and what it was sent with) under some roots; '' when all is well. */
  openssl(bundle: string, roots: string, ...options: readonly string[]): Promise<string>;
  make(name: string): Promise<unknown>;
  change(name: string, spec: Partial<NonNullable<RegionIssuerObject['spec']>>): Promise<unknown>;
  reconcile(name: string): Promise<RegionIssuerObject>;
  /** Holds one with the root on this medium, which is made when there is none; the root on `earlier` vouches for it. */
  ceremony(request: string, medium: string, earlier?: string): Promise<IssuerAnswer>;
  close(): Promise<void>;
}

export const readyOf = ({ status }: { readonly status?: RegionIssuerObject['status'] | undefined }) =>
  status?.conditions?.find(({ type }) => type === 'Ready');

export async function openHierarchy(): Promise<Hierarchy> {
  // TLS clients go by the machine's clock: it begins there.
  const clock = new ManualClock(Date.now());
  const folder = await mkdtemp(join(tmpdir(), 'casemate-hierarchy-'));
  const keyring = softwareKeyring({
    region: 'lux',
    storage: memoryKeyStorage(),
    masterKey: symmetricKey(randomBytes(32)),
    clock,
  });
  const region = await openTestRealms({ kinds: [RegionIssuer], create: [REGION, ACME], keyring, clock });
  const constraints = rootConstraints(NAMES);
  const issuers = regionIssuers({
    region: 'lux',
    keyring,
    constraints,
    ownNames: regionNames(NAMES),
    apiUrl: () => 'https://127.0.0.1:6443',
    clock,
    offline: importedIssuers(region.realms),
  });
  const controller = regionIssuerController({ region: 'lux', keyring, issuers, constraints, clock });
  const file = (name: string) => join(folder, name);
  return {
    folder,
    clock,
    issuers,
    identity: () => ensureServerIdentity({ folder, names: NAMES, keyring, issuers, clock }),
    async openssl(bundle, roots, ...options) {
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
      const args = ['verify', '-x509_strict', ...at, ...trusted, ...options, file('leaf.pem')];
      try {
        execFileSync('openssl', args, { stdio: 'pipe' });
        return '';
      } catch (error) {
        return String((error as { stderr: Buffer }).stderr);
      }
    },
    make: (name) =>
      region.realms.use(REGION, ({ resources }) =>
        resources.create(RegionIssuer, undefined, { metadata: { name }, spec: {} }, region.context(REGION)),
      ),
    change: (name, spec) =>
      region.realms.use(REGION, ({ resources }) =>
        resources.modify(RegionIssuer, { name }, region.context(REGION), (current) => ({
          ...current,
          spec: { ...current.spec, ...spec },
        })),
      ),
    reconcile: (name) =>
      region.realms.use(REGION, async (realm) => {
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
      }),
    ceremony: (request, medium, earlier) =>
      holdRootCeremony({
        folder: medium,
        request: parseIssuerRequest(request),
        choice: async () => ({ seal: 'passphrase', passphrase: Buffer.from(PASSPHRASE) }),
        room: () => room,
        ...(earlier === undefined ? {} : { earlier: { folder: earlier, room: () => room } }),
        present: ['Ada', 'Blaise'],
        command: 'casemate ca ceremony',
        clock,
      }),
    async close() {
      await region.close();
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * Brings a RegionIssuer from its request to an issuer in force. The key is made here and never leaves; what came back from the ceremony is taken
 * only when it is for that key, under that root, and may certify what the region needs.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import { type Clock, rfc3339 } from '#kernel/clock.ts';
import type { Controller } from '#kernel/controller.ts';
import { REGION } from '#kernel/realm-id.ts';
import { readyCondition, setCondition } from '#kernel/reconcile/conditions.ts';
import { decodeRoot, encodeRoot } from '../keys/authority-blob.ts';
import type { Keyring } from '../keys/keyring.ts';
import { DAY_MS } from './authority.ts';
import { crossFor, type OfflineIssuer } from './change-over.ts';
import { digestOf, fingerprintOf, textOf } from './issuer-request.ts';
import { issuerMaterialName, type RegionIssuers } from './issuers.ts';
import { decodeNameConstraints, type NameConstraints, permitsName } from './name-constraints.ts';
import {
  importedIn,
  RegionIssuer,
  type RegionIssuerObject,
  type RegionIssuerStatus,
} from './region-issuer.ts';
import { NAME_CONSTRAINTS_OID, signingAlgorithm } from './tasks.ts';
import { vouchFor } from './vouching.ts';
import * as x509 from './x509.ts';

const CURVE = 'P-384';
const BASIC_CONSTRAINTS_OID = '2.5.29.19';

export interface RegionIssuerOptions {
  readonly region: string;
  readonly keyring: Pick<Keyring, 'material'>;
  readonly issuers: Pick<RegionIssuers, 'root' | 'numbers' | 'byNumber'>;
  /** What the offline root is to be made for. */
  readonly constraints: NameConstraints;
  readonly clock: Clock;
}

/** What came back was not what was asked for; says what was wrong. */
class ImportError extends Error {
  override readonly name = 'ImportError';
}

export function regionIssuerController(options: RegionIssuerOptions): Controller {
  return {
    name: 'region-issuers',
    realms: ['region'],
    kind: RegionIssuer,
    async reconcile(key, { realm, change, clock }) {
      const object = realm.view.get(RegionIssuer, key);
      if (!object || object.metadata.deletionTimestamp !== undefined) return undefined;
      const { generation, uid } = object.metadata;
      const { fields, ready, reason, message } = await progress(options, object, importedIn(realm.view));
      await realm.resources.modify(
        RegionIssuer,
        key,
        change,
        (current) => {
          if (current.metadata.uid !== uid) return current;
          const condition = readyCondition(ready, reason, message, generation);
          const conditions = [...setCondition(current.status?.conditions, condition, clock)];
          return {
            ...current,
            status: { ...current.status, ...fields, observedGeneration: generation, conditions },
          };
        },
        { subresource: 'status' },
      );
      // Whether it is time for the next one.
      return { retryAfter_ms: DAY_MS };
    },
  };
}

interface Progress {
  readonly fields: Partial<RegionIssuerStatus>;
  readonly ready: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** `imported`: all that were, before this one or with it. */
async function progress(
  options: RegionIssuerOptions,
  object: RegionIssuerObject,
  imported: readonly OfflineIssuer[],
): Promise<Progress> {
  const { spec, status } = object;
  const fields = { request: status?.request ?? (await requestOf(options, object)) };
  if (spec.certificate === undefined || spec.root === undefined) {
    const message =
      'Carry status.request to the ceremony (casemate ca request), and its answer back (casemate ca import).';
    return { fields, ready: 'False', reason: 'AwaitsCeremony', message };
  }
  const known = imported.find(({ number }) => number === status?.number);
  if (known) {
    const end = endOf(spec.certificate, options.clock.now());
    const message = `${await reachOf(options, known, imported)}${end}`;
    return { fields, ready: 'True', reason: 'Imported', message };
  }
  try {
    if (spec.cross !== undefined) checkCross(spec.cross, spec.root, imported);
    const taken = await take(options, object, spec.certificate, spec.root);
    const { number, cross } = taken;
    const vouched = spec.cross === undefined ? {} : { vouched: spec.cross };
    const issuer = { number, cross, root: spec.root, ...vouched, stage: spec.stage ?? 'announced' };
    const transcriptDigest = digestOf(spec.transcript ?? '');
    return {
      fields: { ...fields, ...taken, transcriptDigest },
      ready: 'True',
      reason: 'Imported',
      message: await reachOf(options, issuer, [...imported, issuer]),
    };
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    const message = `${error.message}. Delete this object and begin again.`;
    return { fields, ready: 'False', reason: 'Refused', message };
  }
}

/** When an issuer of `certificate` has to be followed by another, in words; '' while two thirds of its life are not over. */
function endOf(certificate: string, now_ms: number): string {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const [from_ms, end_ms] = [validFromDate.getTime(), validToDate.getTime()];
  if (end_ms - now_ms > (end_ms - from_ms) / 3) return '';
  return ` It ends on ${rfc3339(end_ms)}: hold another ceremony of its root before (casemate ca request).`;
}

/** Its stage, and what that is to clients that know only the root before it. */
async function reachOf(
  { issuers }: RegionIssuerOptions,
  issuer: OfflineIssuer,
  imported: readonly OfflineIssuer[],
): Promise<string> {
  const { stage } = issuer;
  if (stage === 'alone') return 'It is alone: clients are given its root, and none before it.';
  const { root, vouches } = await issuers.root();
  return crossFor(issuer, { pem: root.pem, vouches }, imported) === undefined
    ? `It is ${stage}. The root before it does not vouch for it: clients that know only that one are cut off when it signs, so give them the new ca.crt before.`
    : `It is ${stage}. The root before it vouches for it: clients that know only that one go on.`;
}

const keyName = ({ metadata }: RegionIssuerObject) => `issuer-request.${metadata.uid}`;

/** The request's text; the key it is for is kept from the first time on. */
async function requestOf({ keyring, region, constraints }: RegionIssuerOptions, object: RegionIssuerObject) {
  const name = keyName(object);
  const known = await keyring.material.get(REGION, name);
  if (!known) await keyring.material.add(REGION, name, await newRequest(region));
  const encoded = known ?? (await keyring.material.get(REGION, name));
  if (!encoded) throw new Error('the key storage lost a request as soon as it was made');
  const request = new x509.Pkcs10CertificateRequest(
    Uint8Array.from(decodeRoot(encoded).certificate),
  ).toString('pem');
  encoded.fill(0);
  const { dnsNames, ipRanges } = constraints;
  return textOf({
    format: 'casemate-issuer-request-v1',
    region,
    request: `${request}\n`,
    constraints: { dnsNames: [...dnsNames], ipRanges: [...ipRanges] },
  });
}

/** A key and its request, as `encodeRoot` has an authority's. */
async function newRequest(region: string): Promise<Uint8Array> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const algorithm = signingAlgorithm(CURVE);
  const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [`Casemate issuer of region ${region}`] }],
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
  });
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const encoded = encodeRoot({
    curve: CURVE,
    privateKey: pkcs8,
    certificate: new Uint8Array(request.rawData),
  });
  pkcs8.fill(0);
  return encoded;
}

function parsed(pem: string, what: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ImportError(`${what} is no certificate in PEM`);
  }
}

type Taken = Required<
  Pick<RegionIssuerStatus, 'number' | 'cross' | 'notAfter' | 'fingerprint' | 'rootFingerprint'>
>;

/** Takes an answer into force as an issuer of the next number; the same when it was taken before. */
async function take(
  options: RegionIssuerOptions,
  object: RegionIssuerObject,
  certificatePem: string,
  rootPem: string,
): Promise<Taken> {
  const { keyring, issuers, clock } = options;
  const certificate = parsed(certificatePem, 'spec.certificate');
  const root = parsed(rootPem, 'spec.root');
  const pending = await keyring.material.get(REGION, keyName(object));
  if (!pending) throw new ImportError('the key that was asked for is not here any more');
  const { privateKey } = decodeRoot(pending);
  const own = createPublicKey(
    createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
  );
  check(options, certificate, root, clock.now());
  if (!certificate.publicKey.equals(own))
    throw new ImportError('spec.certificate is for another key than was asked for');
  const number = await numberOf(options, certificate, privateKey);
  pending.fill(0);
  const { root: online } = await issuers.root();
  return {
    number,
    cross: await vouchFor(online, { certificate: root }, clock.now()),
    notAfter: rfc3339(certificate.validToDate.getTime()),
    fingerprint: fingerprintOf(certificatePem),
    rootFingerprint: fingerprintOf(rootPem),
  };
}

function check(
  { constraints }: RegionIssuerOptions,
  certificate: X509Certificate,
  root: X509Certificate,
  now_ms: number,
): void {
  if (!root.ca || !root.checkIssued(root) || !root.verify(root.publicKey)) {
    throw new ImportError('spec.root is not a root: an authority that signed itself');
  }
  if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey)) {
    throw new ImportError('spec.certificate was not signed by spec.root');
  }
  for (const one of [certificate, root]) {
    if (one.validFromDate.getTime() > now_ms || one.validToDate.getTime() <= now_ms) {
      throw new ImportError(
        'spec.certificate or spec.root is not valid today; look at the clock of the ceremony’s machine',
      );
    }
  }
  const read = new x509.X509Certificate(certificate.raw);
  const basic = read.getExtension(BASIC_CONSTRAINTS_OID);
  if (!basic || new x509.BasicConstraintsExtension(basic.rawData).pathLength !== 1) {
    throw new ImportError('spec.certificate is not that of an authority with one authority below it');
  }
  const names = read.getExtension(NAME_CONSTRAINTS_OID);
  const permitted = names && decodeNameConstraints(new Uint8Array(names.value));
  if (!permitted || !constraints.dnsNames.every((name) => permitsName(permitted, name))) {
    throw new ImportError(`spec.certificate must permit ${constraints.dnsNames.join(', ')}`);
  }
}

/** What was carried here as the word of an earlier root is taken only when it is that, and about this root. */
function checkCross(crossPem: string, rootPem: string, imported: readonly OfflineIssuer[]): void {
  const cross = parsed(crossPem, 'spec.cross');
  const root = parsed(rootPem, 'spec.root');
  if (!cross.ca || cross.subject !== root.subject || !cross.publicKey.equals(root.publicKey)) {
    throw new ImportError('spec.cross is not about spec.root');
  }
  const isKnown = imported
    .map((one) => new X509Certificate(one.root))
    .some((one) => cross.checkIssued(one) && cross.verify(one.publicKey));
  if (!isKnown) throw new ImportError('spec.cross was signed by no root that was imported here before');
}

async function numberOf(
  { keyring, issuers }: RegionIssuerOptions,
  certificate: X509Certificate,
  privateKey: Uint8Array,
): Promise<number> {
  const numbers = await issuers.numbers(REGION);
  for (const number of numbers) {
    const issuer = await issuers.byNumber(REGION, number);
    if (issuer?.certificate.raw.equals(certificate.raw)) return number;
  }
  const next = (numbers.at(-1) ?? 0) + 1;
  const encoded = encodeRoot({ curve: CURVE, privateKey, certificate: certificate.raw });
  if (await keyring.material.add(REGION, issuerMaterialName(next), encoded)) return next;
  throw new Error('another issuer was made at the same time; this is tried again');
}

/**
 * Realms for tests of any room: the real store on memory storage with throwaway keys, a clock that stands still and a random
 * source that repeats. Never for anything that should outlive the process.
 */
import { createCipheriv, createDecipheriv, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { systemActor } from '../access.ts';
import { notFound } from '../errors.ts';
import type { LogCosigner, LogName, LogSigner, RealmKeyring, RealmKeys, Sealer } from '../keys.ts';
import type { Admission, Kind } from '../kind.ts';
import { rawPublicKey } from '../log/cosignature.ts';
import type { Random } from '../random.ts';
import type { ChangeContext } from '../realm.ts';
import { organizationOf, REGION, type RealmId } from '../realm-id.ts';
import { KindRegistry } from '../registry.ts';
import type { StoreLimits } from './limits.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryStorage } from './memory-storage.ts';
import { type OpenRealms, openRealms } from './realms.ts';
import type { LogStorage } from './storage.ts';

export interface TestRealmsOptions {
  readonly kinds: readonly Kind[];
  readonly admissions?: readonly Admission[];
  /** Made before the test begins. Default: the region and `/orgs/acme`. */
  readonly create?: readonly RealmId[];
  readonly limits?: Partial<StoreLimits>;
  /** Share these to run two replicas over one database. */
  readonly storage?: LogStorage;
  readonly keyring?: RealmKeyring;
  readonly clock?: ManualClock;
  readonly seed?: number;
  /** Default: replicas are expected, so reads that want to be fresh ask the storage. */
  readonly isAlone?: () => boolean;
  /** Default: a fault in the background makes `close` throw. */
  readonly onFault?: (what: string, error: unknown) => void;
}

export interface TestRealms {
  readonly realms: OpenRealms;
  readonly registry: KindRegistry;
  readonly storage: LogStorage;
  readonly keyring: RealmKeyring;
  readonly clock: ManualClock;
  readonly random: Random;
  /** The context of a change by a controller-like actor of ours. */
  context(realm: RealmId, options?: { readonly dryRun?: boolean }): ChangeContext;
  close(): Promise<void>;
}

export async function openTestRealms(options: TestRealmsOptions): Promise<TestRealms> {
  const registry = new KindRegistry(options.kinds);
  const storage = options.storage ?? new MemoryStorage();
  const keyring = options.keyring ?? new ThrowawayKeyring();
  const clock = options.clock ?? new ManualClock();
  const random = new SeededRandom(options.seed ?? 1);
  const faults: unknown[] = [];
  const realms = await openRealms({
    registry,
    storage,
    keyring,
    clock,
    random,
    ...(options.admissions ? { admissions: options.admissions } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
    ...(options.isAlone ? { isAlone: options.isAlone } : {}),
    onFault: options.onFault ?? ((_what, error) => faults.push(error)),
  });
  for (const id of options.create ?? [REGION, '/orgs/acme' as const]) {
    if (!(await realms.exists(id))) await realms.create(id);
  }
  let requests = 0;
  return {
    realms,
    registry,
    storage,
    keyring,
    clock,
    random,
    context(realm, { dryRun } = {}) {
      requests += 1;
      return {
        actor: systemActor(realm, 'test'),
        via: 'test',
        requestId: `request-${requests}`,
        ...(dryRun === undefined ? {} : { dryRun }),
      };
    },
    async close() {
      await realms.close();
      if (faults.length > 0) throw new AggregateError(faults, 'faults in the background of the store');
    },
  };
}

/** Keys that live as long as the process. */
export class ThrowawayKeyring implements RealmKeyring {
  readonly #keys = new Map<RealmId, RealmKeys>();

  async create(realm: RealmId): Promise<RealmKeys> {
    const known = this.#keys.get(realm);
    if (known) return known;
    const keys: RealmKeys = {
      logs: { changes: throwawaySigner(realm, 'changes'), access: throwawaySigner(realm, 'access') },
      cosigners: { changes: throwawayCosigner(realm, 'changes'), access: throwawayCosigner(realm, 'access') },
      sealer: new ThrowawaySealer(),
    };
    this.#keys.set(realm, keys);
    return keys;
  }

  async open(realm: RealmId): Promise<RealmKeys> {
    const keys = this.#keys.get(realm);
    if (!keys) throw notFound({ kind: 'realm', name: realm });
    return keys;
  }

  async destroy(realm: RealmId): Promise<void> {
    this.#keys.delete(realm);
  }
}

function throwawayOrigin(realm: RealmId, log: LogName): string {
  const organization = organizationOf(realm);
  return `test.casemate.internal/${organization === undefined ? '' : `orgs/${organization}/`}${log}`;
}

function throwawayCosigner(realm: RealmId, log: LogName): LogCosigner {
  const { privateKey } = generateKeyPairSync('ml-dsa-44');
  return {
    name: throwawayOrigin(realm, log),
    publicKey: rawPublicKey(privateKey),
    sign: async (message) => sign(null, message, privateKey),
  };
}

function throwawaySigner(realm: RealmId, log: LogName): LogSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    origin: throwawayOrigin(realm, log),
    publicKey: rawPublicKey(publicKey),
    sign: (message) => sign(null, message, privateKey),
  };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

class ThrowawaySealer implements Sealer {
  readonly #key = randomBytes(32);

  seal(plaintext: Uint8Array, context: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
  }

  open(sealed: Uint8Array, context: string): Uint8Array {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  }
}

/** A small repeatable generator (mulberry32). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  uuid(): string {
    const bytes = Buffer.alloc(16);
    for (let at = 0; at < 16; at += 4) bytes.writeUInt32BE(this.#next(), at);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  below(bound: number): number {
    return this.#next() % bound;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
}

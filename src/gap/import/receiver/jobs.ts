/** What a receiver does: reads a bundle, verifies it, copies it, scans it. Nothing here needs a database, a key, a socket or the network. */
import { join } from 'node:path';
import { FolderSource } from '../../advisories/store/folder.ts';
import { readBlob } from '../../bundle/contents.ts';
import { fileBases } from '../../bundle/delta/bases.ts';
import { blobPath } from '../../bundle/descriptor.ts';
import { STATEMENT_BYTES_MAX } from '../../bundle/limits.ts';
import { type BundleSource, openBundle } from '../../bundle/source.ts';
import { readRoot } from '../../bundle/tuf/metadata.ts';
import type { Area } from '../area.ts';
import { type CheckOptions, check, receive } from '../receive.ts';
import { type Scanned, scanBundle } from '../scan.ts';
import { type Checked, checkedOf } from '../summary.ts';
import type { Job } from './protocol.ts';

export interface ReceiveParts {
  /** Makes and names the files of the quarantine. */
  readonly area: Area;
  /** Bytes that are there, of how many. */
  readonly progress: (done: number, total: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Who does jobs. All throw BundleError for what is wrong with the bundle. */
export interface Receiver {
  receive(job: Job, parts: ReceiveParts): Promise<Checked>;
  /** Signatures, lists and sizes of what lies in quarantine; its bytes were checked as they came. */
  check(job: Job, signal: AbortSignal): Promise<Checked>;
  /** Holds its bills of materials against advisories and the policy, and looks into its archives. */
  scan(job: Job, signal: AbortSignal): Promise<Scanned>;
}

/** Does them in this very process: for the receiver's own, and for tests. `read` is called after each small part. */
export function ownReceiver(read: () => void = () => {}): Receiver {
  return {
    receive: (job, { area, progress, signal }) =>
      withBundle(job, read, async (source) => {
        const bases = fileBases((digest) => join(job.content, blobPath(digest)));
        const options = { ...checkOptions(job), area, bases, progress, signal };
        return checkedOf(await receive(source, job.quarantine, options), options.trust.root.signed.version);
      }),
    check: (job) =>
      withBundle(job, read, async (source) => {
        const options = checkOptions(job);
        return checkedOf((await check(source, options, 'whole')).received, options.trust.root.signed.version);
      }),
    scan: (job) =>
      withBundle(job, read, async (source) => {
        const { items } = (await check(source, checkOptions(job), 'whole')).received;
        return scanBundle({
          items,
          read: (descriptor, part) => readBlob(source, descriptor, STATEMENT_BYTES_MAX, part),
          source: new FolderSource(job.advisories),
          policy: job.policy,
          ...(job.archives ? { pieces: counted(source.pieces, read) } : {}),
        });
      }),
  };
}

async function withBundle<T>(
  { bundle }: Job,
  read: () => void,
  work: (source: BundleSource) => Promise<T>,
): Promise<T> {
  const source = await openBundle(bundle);
  try {
    return await work({
      ...source,
      async read(name, bytes_max, part) {
        const bytes = await source.read(name, bytes_max, part);
        read();
        return bytes;
      },
    });
  } finally {
    await source.close();
  }
}

const counted = (pieces: BundleSource['pieces'], read: () => void): BundleSource['pieces'] =>
  async function* (...place) {
    for await (const piece of pieces(...place)) {
      read();
      yield piece;
    }
  };

function checkOptions({ trust, clock_ms, age }: Job): CheckOptions {
  const accepted = new Map(trust.accepted.map(({ name, ...one }) => [name, one]));
  return {
    trust: {
      root: readRoot(Buffer.from(trust.root), 'the trusted root'),
      accepted,
      ledger_ms: trust.ledger_ms,
    },
    clock_ms,
    policy: { expired: age.expired ?? 'remark', ...(age.days === undefined ? {} : { days: age.days }) },
  };
}

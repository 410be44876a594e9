/**
 * Keeps the VulnerabilityReport of a realm: scans when there is newer advisory data, when something came or went, when somebody asks, and once a day.
 * Where no data was ever imported it does nothing, so a region without it is not burdened. What it read of a thing it remembers for a day, never on disk.
 */
import { rfc3339 } from '#kernel/clock.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Condition } from '#kernel/object.ts';
import type { RealmType } from '#kernel/realm-id.ts';
import { setCondition } from '#kernel/reconcile/conditions.ts';
import { match } from '../match.ts';
import type { Inventory } from '../model.ts';
import { AdvisoryError } from '../problem.ts';
import type { AdvisoryData, AdvisorySource } from '../store/folder.ts';
import type { AdvisoryLookup } from '../store/store.ts';
import { composeReport, type Looked } from './compose.ts';
import {
  REPORT_KEY,
  REPORT_NAME,
  type ReportStatus,
  type ReportSubject,
  SUBJECTS_MAX,
  VulnerabilityReport,
  type VulnerabilityReportObject,
} from './report-kind.ts';
import { type Subject, type Subjects, Unreadable } from './subjects.ts';

const HOUR_MS = 60 * 60_000;
/** How long newer data may go unnoticed. */
export const LOOK_EVERY_MS = HOUR_MS;
/** What is installed changes without anybody telling. */
export const READ_EVERY_MS = 24 * HOUR_MS;
/** When something could not be read. */
const READ_AGAIN_MS = 10 * 60_000;
/** When the data was replaced in the middle of a scan. */
const NEWER_AGAIN_MS = 1_000;
/** Advisory data older than this is said to be. */
export const STALE_AFTER_MS = 14 * 24 * HOUR_MS;
/** Inventories that are remembered, over all realms; some 50 KB each. */
const REMEMBERED_MAX = 200;

export interface ReportControllerOptions {
  readonly name: string;
  readonly realm: RealmType;
  readonly subjects: Subjects;
  readonly source: AdvisorySource;
}

export function reportController({
  name,
  realm: type,
  subjects,
  source,
}: ReportControllerOptions): Controller {
  const remembered = new Remembered();
  return {
    name,
    realms: [type],
    kind: VulnerabilityReport,
    // Scans are no hurry, and each reads files through the engine.
    concurrency: 1,
    watches: [{ kind: subjects.kind, keys: () => [REPORT_KEY] }],
    async reconcile(key, context): Promise<RetryAfter | undefined> {
      if (key.name !== REPORT_NAME) return undefined;
      const { realm, clock } = context;
      const report = realm.view.get(VulnerabilityReport, REPORT_KEY);
      if (report?.metadata.deletionTimestamp !== undefined) return undefined;
      const listed = subjects.list(realm.view).slice(0, SUBJECTS_MAX);
      if (!report && listed.length === 0) return undefined;
      let data: AdvisoryData | undefined;
      try {
        data = await source.newest();
      } catch (error) {
        return damaged(error, report, context);
      }
      if (!data) {
        if (report) await write(report, {}, NO_DATA, context);
        return { retryAfter_ms: LOOK_EVERY_MS };
      }
      if (!report) {
        // Its own change brings it here again.
        await create(context);
        return undefined;
      }
      const now_ms = clock.now();
      const asked = report.metadata.generation !== report.status?.observedGeneration;
      const due_ms = dueAt(report.status, data, listed);
      if (!asked && now_ms < due_ms) return { retryAfter_ms: Math.min(LOOK_EVERY_MS, due_ms - now_ms) };
      const all = await readAll(listed, { subjects, remembered, context, fresh: asked });
      let scanned: { readonly looked: readonly Looked[]; readonly skipped: number } | undefined;
      try {
        scanned = await source.use(data.digest, async (lookup, skipped) => ({
          looked: await scan(all, lookup),
          skipped,
        }));
      } catch (error) {
        return damaged(error, report, context);
      }
      // There is newer data already.
      if (!scanned) return { retryAfter_ms: NEWER_AGAIN_MS };
      const status = {
        data: { ...data, skipped: scanned.skipped },
        scannedAt: rfc3339(now_ms),
        ...composeReport(scanned.looked),
      };
      await write(report, status, conditionOf(status, data, now_ms), context);
      const failed = scanned.looked.some(({ subject }) => subject.problem !== undefined);
      return { retryAfter_ms: failed ? READ_AGAIN_MS : LOOK_EVERY_MS };
    },
  };

  /** Says so in the report, where it is the data; everything else is a failure of its own. */
  async function damaged(
    error: unknown,
    report: VulnerabilityReportObject | undefined,
    context: ReconcileContext,
  ): Promise<RetryAfter> {
    if (!(error instanceof AdvisoryError)) throw error;
    if (report)
      await write(report, {}, { status: 'False', reason: 'DataDamaged', message: error.message }, context);
    return { retryAfter_ms: READ_AGAIN_MS };
  }

  async function create({ realm, change }: ReconcileContext): Promise<void> {
    try {
      const draft = { metadata: { name: REPORT_NAME }, spec: {} };
      await realm.resources.create(VulnerabilityReport, undefined, draft, change);
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  }
}

/** When it is to be done again, if nobody asks: at once when the data or what there is differs. Milliseconds since the Unix epoch. */
function dueAt(status: ReportStatus | undefined, data: AdvisoryData, listed: readonly Subject[]): number {
  if (status?.scannedAt === undefined || status.data?.digest !== data.digest) return 0;
  const nameOf = ({ kind, project, name }: Pick<ReportSubject, 'kind' | 'project' | 'name'>) =>
    `${kind} ${project} ${name}`;
  if (JSON.stringify(status.subjects?.map(nameOf)) !== JSON.stringify(listed.map(nameOf))) return 0;
  const failed = status.subjects?.some(({ problem }) => problem !== undefined);
  return Date.parse(status.scannedAt) + (failed ? READ_AGAIN_MS : READ_EVERY_MS);
}

interface Read {
  readonly subject: Subject;
  readonly inventory?: Inventory;
  readonly problem?: string;
}

interface ReadOptions {
  readonly subjects: Subjects;
  readonly remembered: Remembered;
  readonly context: ReconcileContext;
  /** Whatever is remembered. */
  readonly fresh: boolean;
}

async function readAll(listed: readonly Subject[], options: ReadOptions): Promise<Read[]> {
  const { subjects, remembered, fresh } = options;
  const { realm, clock, signal } = options.context;
  const all: Read[] = [];
  for (const subject of listed) {
    signal.throwIfAborted();
    const known = fresh ? undefined : remembered.get(subject.uid, clock.now() - READ_EVERY_MS);
    if (known) {
      all.push({ subject, inventory: known });
      continue;
    }
    try {
      const inventory = await subjects.read(subject, realm.view, realm.id, signal);
      remembered.set(subject.uid, inventory, clock.now());
      all.push({ subject, inventory });
    } catch (error) {
      if (!(error instanceof Unreadable || error instanceof AdvisoryError)) throw error;
      all.push({ subject, problem: error.message });
    }
  }
  return all;
}

async function scan(all: readonly Read[], lookup: AdvisoryLookup): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (const { subject, inventory, problem } of all) {
    const { kind, project, name } = subject;
    const unidentified = inventory?.unidentified.length ?? 0;
    looked.push({
      subject: {
        kind,
        ...(project === undefined ? {} : { project }),
        name,
        packages: inventory?.packages.length ?? 0,
        ...(inventory?.release === undefined ? {} : { release: inventory.release }),
        ...(unidentified === 0 ? {} : { unidentified }),
        ...(problem === undefined ? {} : { problem }),
      },
      findings: inventory ? await match(inventory, lookup) : [],
    });
  }
  return looked;
}

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

const NO_DATA: Verdict = {
  status: 'False',
  reason: 'NoData',
  message: 'no advisory data was ever imported: on the region’s machine, casemate advisories load FILE',
};

function conditionOf(
  status: Pick<ReportStatus, 'subjects'>,
  { asOf }: AdvisoryData,
  now_ms: number,
): Verdict {
  const days = Math.floor((now_ms - Date.parse(asOf)) / (24 * HOUR_MS));
  const failed = status.subjects?.filter(({ problem }) => problem !== undefined) ?? [];
  if (now_ms - Date.parse(asOf) > STALE_AFTER_MS) {
    const message = `the advisories are ${days} days old: what was found since is not in them; import newer ones`;
    return { status: 'False', reason: 'DataIsOld', message };
  }
  if (failed.length > 0) {
    const names = failed.slice(0, 5).map(({ name, problem }) => `${name}: ${problem}`);
    const message = `${failed.length} of ${status.subjects?.length} could not be read: ${names.join('; ')}`;
    return { status: 'False', reason: 'NotAllRead', message };
  }
  return {
    status: 'True',
    reason: 'Scanned',
    message: `everything here was held against the advisories of ${asOf}`,
  };
}

async function write(
  { metadata }: VulnerabilityReportObject,
  fields: Partial<ReportStatus>,
  verdict: Verdict,
  { realm, change, clock }: ReconcileContext,
): Promise<void> {
  try {
    await realm.resources.modify(
      VulnerabilityReport,
      REPORT_KEY,
      change,
      (current) => {
        if (current.metadata.uid !== metadata.uid) return current;
        const { generation } = metadata;
        const condition = { type: 'Ready', ...verdict, observedGeneration: generation };
        const conditions = [...setCondition(current.status?.conditions, condition, clock)];
        const status = { ...current.status, ...fields, observedGeneration: generation, conditions };
        return JSON.stringify(status) === JSON.stringify(current.status) ? current : { ...current, status };
      },
      { subresource: 'status' },
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}

/** What was read of things lately; the longest unread is forgotten first. */
class Remembered {
  readonly #known = new Map<string, { readonly inventory: Inventory; readonly read_ms: number }>();

  get(uid: string, since_ms: number): Inventory | undefined {
    const known = this.#known.get(uid);
    return known && known.read_ms > since_ms ? known.inventory : undefined;
  }

  set(uid: string, inventory: Inventory, read_ms: number): void {
    this.#known.delete(uid);
    if (this.#known.size >= REMEMBERED_MAX) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(uid, { inventory, read_ms });
  }
}

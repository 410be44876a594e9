/** Puts advisory data in force as it is published, and has every report made anew. An organization that is not reached now looks within the hour by itself. */
import { join } from 'node:path';
import { systemActor } from '#kernel/access.ts';
import type { Controller, ReconcileContext, RetryAfter } from '#kernel/controller.ts';
import { isStatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Logger } from '#kernel/logger.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { readIfThere, writeDurably } from '#trust/files.ts';
import { BundleError } from '../../bundle/problem.ts';
import type { ContentStore } from '../../import/content-store.ts';
import { BundleImport } from '../../import/import-kind.ts';
import { REPORT_KEY, VulnerabilityReport } from '../report/report-kind.ts';
import type { Subjects } from '../report/subjects.ts';
import { putInForce } from './in-force.ts';

const NAME = 'imported-advisories';
/** In the folder: the digest of the data that everybody was asked to look at. */
const ASKED = '.asked';
/** Somebody has to see to the disk, or to the bundle. */
const DAMAGED_LOOK_AGAIN_MS = 10 * 60_000;
/** Organizations that are asked at once. */
const ASKED_MAX = 8;

export interface ImportedOptions {
  readonly content: Pick<ContentStore, 'bundles' | 'blobPath'>;
  /** Where the newest data lies. */
  readonly folder: string;
  readonly organizationKind: Kind;
  /** What there is to look into: a realm that has some gets its first report with the first data. */
  readonly organizations: Pick<Subjects, 'list'>;
  readonly region: Pick<Subjects, 'list'>;
  readonly logger: Logger;
}

export function importedAdvisories(options: ImportedOptions): Controller {
  const { content, folder, logger } = options;
  const asked = join(folder, ASKED);
  const bring = async (context: ReconcileContext): Promise<RetryAfter | undefined> => {
    try {
      const data = await putInForce({ content, folder, now_ms: context.clock.now() });
      if (data === undefined || (await readIfThere(asked)) === data.digest) return undefined;
      logger.info({ asOf: data.asOf, digest: data.digest }, 'newer advisories are in force');
      await askAll(context, options, `advisories ${data.asOf} ${data.digest.slice(0, 12)}`);
      await writeDurably(asked, data.digest, 0o644);
      return undefined;
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      logger.error({ part: error.part }, `published advisories are not in force: ${error.message}`);
      return { retryAfter_ms: DAMAGED_LOOK_AGAIN_MS };
    }
  };
  return {
    name: NAME,
    realms: ['region'],
    kind: BundleImport,
    concurrency: 1,
    async reconcile({ name }, context) {
      const { phase } = context.realm.view.get(BundleImport, { name })?.status ?? {};
      return phase === 'Published' ? bring(context) : undefined;
    },
    sweep: async (context) => void (await bring(context)),
  };
}

async function askAll(context: ReconcileContext, options: ImportedOptions, request: string): Promise<void> {
  const waiting: RealmId[] = [
    REGION,
    ...[...context.realm.view.entries(options.organizationKind)].map(({ name }) => organizationRealm(name)),
  ];
  const visit = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      await ask(context, next, request, next === REGION ? options.region : options.organizations);
  };
  await Promise.all(Array.from({ length: ASKED_MAX }, visit));
}

/** An organization that is gone meanwhile needs no report. */
async function ask(
  { realms, change }: ReconcileContext,
  realm: RealmId,
  request: string,
  subjects: Pick<Subjects, 'list'>,
): Promise<void> {
  try {
    await realms.use(realm, async ({ resources, view }) => {
      const own = { ...change, actor: systemActor(realm, `controller:${NAME}`) };
      const spec = { request };
      if (view.get(VulnerabilityReport, REPORT_KEY) !== undefined)
        await resources.modify(VulnerabilityReport, REPORT_KEY, own, (current) => ({
          ...current,
          spec: { ...current.spec, ...spec },
        }));
      else if (subjects.list(view).length > 0)
        await resources.create(VulnerabilityReport, undefined, { metadata: REPORT_KEY, spec }, own);
    });
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'AlreadyExists')) throw error;
  }
}

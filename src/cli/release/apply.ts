/** `casemate release apply` and `rollback`: what people agreed to, done on the region's machine by whoever owns it. */
import { accessSync, constants } from 'node:fs';
import type { Command } from 'commander';
import type { TrustStatus } from '#gap/import/trust-kind.ts';
import { readCurrent } from '#gap/release/journal.ts';
import type { ReleaseObject } from '#gap/release/release-kind.ts';
import { wakefulClock } from '#region/clock.ts';
import type { Layout } from '#region/layout.ts';
import { orderOf } from '#region/releases/agreed.ts';
import type { Order } from '#region/releases/drive.ts';
import { lastAttempt, startUpgrade } from '#region/releases/launch.ts';
import { find, gapType, patch } from '../gap/objects.ts';
import { ownCommand } from '../own-command.ts';
import { regionHere } from '../region/where.ts';
import { CliError, EXIT, reporting, usageError } from '../resources/errors.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printLines } from '../resources/output.ts';
import { listObjects } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { ranInCurrentRelease } from './current.ts';
import { planned, statusOf, untilPhase } from './plan.ts';
import { entryLine } from './text.ts';

interface Options extends SessionOptions {
  readonly data?: string;
}

interface RollbackOptions extends Options {
  readonly emergency?: boolean;
  readonly reason?: string;
}

function ownRegion(data: string | undefined): Layout {
  const layout = regionHere(data);
  try {
    accessSync(layout.data, constants.W_OK);
  } catch {
    throw new CliError(`${layout.data} is not yours to write`, {
      hint: 'run this on the region’s machine, as whoever owns it; --data says where the region is',
    });
  }
  return layout;
}

const applyHere = inSession(async (session: Session, options: Options, version: string) => {
  const layout = ownRegion(options.data);
  const type = await gapType(session, 'Release');
  const before = await planned(session, type, version);
  const digest = statusOf(before)?.plan?.digest;
  const { phase } = statusOf(before) ?? {};
  const since = await lastAttempt(layout);
  if (digest === undefined || (phase !== 'AwaitingApproval' && phase !== 'Approved'))
    throw new CliError(`release ${version} is ${phase}`, {
      hint: `${ownCommand()} release plan ${version} begins anew`,
    });
  if (phase === 'AwaitingApproval') await patch(session, type, version, { apply: digest });
  const agreed = await untilPhase(
    session,
    type,
    version,
    (object) => statusOf(object)?.phase !== 'AwaitingApproval',
  );
  if (agreed === undefined) throw new CliError(`release ${version} is not there any more`);
  const trust = await find(session, await gapType(session, 'BundleTrust'), 'region');
  const root = (trust?.status as TrustStatus | undefined)?.root;
  await follow(layout, orderOf('apply', agreed as ReleaseObject, undefined, root), since);
});

export const apply = reporting(async (version: string, options: Options, command: Command) => {
  if (!(await ranInCurrentRelease(ownRegion(options.data)))) await applyHere(version, options, command);
});

const rollbackHere = inSession(async (session: Session, options: RollbackOptions) => {
  const layout = ownRegion(options.data);
  const type = await gapType(session, 'Release');
  const { items } = await listObjects(session.client, type, undefined);
  const current = await readCurrent(layout.releases);
  const running = items.find(
    (item) => statusOf(item)?.phase === 'Running' && statusOf(item)?.plan?.digest === current?.digest,
  );
  const before = statusOf(running)?.before;
  if (running === undefined || before === undefined)
    throw new CliError('no release runs here that one could go back from', {
      hint: `${ownCommand()} release status`,
    });
  const { name } = running.metadata;
  const since = await lastAttempt(layout);
  const asked = (running.spec as { readonly rollback?: string }).rollback;
  if (asked !== before.digest) await patch(session, type, name, { rollback: before.digest });
  const now = await find(session, type, name);
  if (now === undefined) throw new CliError(`release ${name} is not there any more`);
  await follow(layout, orderOf('rollback', now as ReleaseObject, current, undefined), since);
});

export const rollback = reporting(async (options: RollbackOptions, command: Command) => {
  const layout = ownRegion(options.data);
  if (await ranInCurrentRelease(layout)) return;
  if (options.emergency !== true) return rollbackHere(options, command);
  const { reason } = options;
  if (reason === undefined || reason.trim() === '')
    throw usageError('--emergency takes --reason: it goes on record');
  const current = await readCurrent(layout.releases);
  const [before] = current?.before ?? [];
  if (current === undefined || before === undefined) throw new CliError('there is nothing to go back to');
  const by = `the owner of this machine (uid ${process.getuid?.()})`;
  await follow(layout, {
    kind: 'emergency',
    object: current.version,
    version: before.version,
    digest: before.digest,
    by,
    reason,
  });
});

/** Prints the steps as they are taken. Ended by hand, it goes on all the same. The region has it begun by itself, too: whoever is second follows. */
async function follow(layout: Layout, order: Order, since?: number): Promise<void> {
  let last = '';
  for await (const entry of startUpgrade(layout, order, wakefulClock, since)) {
    printLines([entryLine(entry)]);
    last = entry.step;
  }
  if (last !== 'Confirmed') process.exitCode = EXIT.error;
}

/** `casemate gap trust`. */

import { BundleError } from '#gap/bundle/problem.ts';
import { metadataBytes, signedDigest } from '#gap/bundle/tuf/metadata.ts';
import { readRootFile } from '#gap/bundle/tuf/root-folder.ts';
import type { TrustStatus } from '#gap/import/trust-kind.ts';
import { ownCommand } from '../own-command.ts';
import type { ResourceType } from '../resources/discovery.ts';
import { CliError } from '../resources/errors.ts';
import type { AnyObject } from '../resources/objects.ts';
import type { SessionOptions } from '../resources/options.ts';
import { printJson, printLines, withoutManagedFields } from '../resources/output.ts';
import { waitForObject } from '../resources/read.ts';
import { inSession, type Session } from '../resources/session.ts';
import { find, gapType, make, patch } from './objects.ts';

/** There is one. */
const NAME = 'region';
const CHECK_LIMIT_MS = 60_000;

interface TrustOptions extends SessionOptions {
  readonly output: 'text' | 'json';
}

const statusOf = (object: AnyObject | undefined) => object?.status as TrustStatus | undefined;

export const trust = inSession(async (session: Session, options: TrustOptions, file?: string) => {
  const type = await gapType(session, 'BundleTrust');
  const before = await find(session, type, NAME);
  if (file === undefined) {
    if (before === undefined)
      throw new CliError('no root is trusted here', { hint: `${ownCommand()} gap trust 1.root.json` });
    return show(before, options);
  }
  const root = await readRootFile(file).catch((error: unknown) => {
    throw error instanceof BundleError ? new CliError(error.message) : error;
  });
  const digest = `sha256:${signedDigest(root)}`;
  if (before === undefined) {
    await make(session, type, NAME, { root: metadataBytes(root).toString('utf8') });
    return show(await until(session, type, 'Checking'), options);
  }
  const { phase } = statusOf(before) ?? {};
  if (statusOf(before)?.digest !== digest) {
    throw new CliError(`another root is ${phase} here: ${statusOf(before)?.digest}`, {
      hint: `later roots come in bundles; to begin anew: ${ownCommand()} delete bundletrust ${NAME}`,
    });
  }
  if (phase !== 'AwaitingApproval') return show(before, options);
  await patch(session, type, NAME, { trusted: true });
  return show(await until(session, type, 'AwaitingApproval'), options);
});

/** Waits until it is no more in that phase. */
async function until(session: Session, type: ResourceType, phase: TrustStatus['phase']): Promise<AnyObject> {
  const found = await waitForObject(
    session.client,
    { type, project: undefined, name: NAME },
    CHECK_LIMIT_MS,
    (object) => object === undefined || (statusOf(object)?.phase ?? 'Checking') !== phase,
    (object) => `it is ${statusOf(object)?.phase}`,
  );
  if (found === undefined) throw new CliError('it was deleted meanwhile');
  return found;
}

function show(object: AnyObject, { output }: TrustOptions): void {
  const status = statusOf(object);
  if (status?.phase === 'Refused') process.exitCode = 1;
  if (output === 'json') {
    printJson(withoutManagedFields(object));
    return;
  }
  const { phase, version, digest, signers = [], threshold, accepted = [], message } = status ?? {};
  printLines([
    `root ${version ?? ''} is ${phase}${message === undefined ? '' : `: ${message}`}`,
    ...(digest === undefined ? [] : [`  digest ${digest}`]),
    ...(threshold === undefined ? [] : [`  bundles are signed by ${threshold} of ${signers.join(', ')}`]),
    ...accepted.map((one) => `  published last: ${one.name} ${one.version} of ${one.created}`),
    ...(phase === 'AwaitingApproval'
      ? [
          'Compare the digest with what the signers told you. Then ask, and have somebody else agree:',
          `  ${ownCommand()} approval request trust bundletrust/${NAME} --reason "…"`,
          'Then do this again.',
        ]
      : []),
  ]);
}

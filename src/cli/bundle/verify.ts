/** `casemate bundle verify`. */

import { openBases } from '#gap/bundle/delta/bases.ts';
import { BundleError } from '#gap/bundle/problem.ts';
import { openBundle } from '#gap/bundle/source.ts';
import { readRootFile } from '#gap/bundle/tuf/root-folder.ts';
import { verifyBundle } from '#gap/bundle/verify.ts';
import { systemClock } from '#kernel/clock.ts';
import { EXIT, plainly, reporting } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import { mebibytes, progressLine } from './progress.ts';
import type { VerifyOptions } from './register.ts';

export const verify = reporting(async (path: string, options: VerifyOptions) => {
  const root = await readRootFile(options.root);
  const progress = progressLine('verifying');
  try {
    const source = await openBundle(path);
    const old = await openBases(options.base ?? []);
    try {
      const verified = await verifyBundle(source, {
        trust: { root, accepted: new Map() },
        clock_ms: systemClock.now(),
        policy: { expired: options.allowExpired === true ? 'remark' : 'refuse' },
        progress: progress.report,
        bases: old.bases,
      });
      progress.done();
      const { name, version, created, digest, signers, items, size, remarks, missing } = verified;
      const paths = items.map((item) => item.path);
      if (options.output === 'json') {
        const said = {
          // Of a bundle of deltas without what it builds on: all that it carries, and not what is made of it.
          verified: missing.length === 0,
          name,
          version,
          created,
          digest: `sha256:${digest}`,
          root: verified.root.signed.version,
          signers: signers.signed,
          threshold: signers.threshold,
          size,
          items: paths,
          remarks,
          missing,
        };
        print(`${JSON.stringify(said, null, 2)}\n`);
        return;
      }
      const how =
        missing.length === 0
          ? `verified, every byte of ${mebibytes(size)}`
          : 'verified, every byte that it carries; what is made of it was not: give with --base what it builds on';
      printLines([
        `${path}: ${how}`,
        `  ${name} ${version} of ${created}, digest sha256:${digest}`,
        `  signed by ${signers.signed.join(', ')}: ${signers.threshold} are needed by version ${verified.root.signed.version} of the root`,
        ...remarks.map((remark) => `  note: ${remark}`),
        ...paths.map((item) => `  ${item}`),
        ...missing.map(({ name: need, digest: of }) => `  builds on ${need} (${of})`),
      ]);
    } finally {
      await source.close();
      await old.close();
    }
  } catch (error) {
    progress.done();
    if (!(error instanceof BundleError)) throw error;
    process.exitCode = EXIT.error;
    const { reason, part } = error;
    const message = plainly(error.message);
    if (options.output === 'json')
      print(`${JSON.stringify({ verified: false, reason, part, message }, null, 2)}\n`);
    else process.stderr.write(`error: ${path} is REFUSED (${reason})\n  ${message}\n`);
  }
});

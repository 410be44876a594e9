/** `casemate bundle verify`. */

import { BundleError } from '#gap/bundle/problem.ts';
import { openBundle } from '#gap/bundle/source.ts';
import { readRootFile } from '#gap/bundle/tuf/root-folder.ts';
import { verifyBundle } from '#gap/bundle/verify.ts';
import { systemClock } from '#kernel/clock.ts';
import { EXIT, reporting } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import { mebibytes, progressLine } from './progress.ts';
import type { VerifyOptions } from './register.ts';

export const verify = reporting(async (path: string, options: VerifyOptions) => {
  const root = await readRootFile(options.root);
  const progress = progressLine('verifying');
  try {
    const source = await openBundle(path);
    try {
      const verified = await verifyBundle(source, {
        trust: { root, accepted: new Map() },
        clock_ms: systemClock.now(),
        policy: { expired: options.allowExpired === true ? 'remark' : 'refuse' },
        progress: progress.report,
      });
      progress.done();
      const { name, version, created, digest, signers, items, size, remarks } = verified;
      const paths = items.map((item) => item.path);
      if (options.output === 'json') {
        const said = {
          verified: true,
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
        };
        print(`${JSON.stringify(said, null, 2)}\n`);
        return;
      }
      printLines([
        `${path}: verified, every byte of ${mebibytes(size)}`,
        `  ${name} ${version} of ${created}, digest sha256:${digest}`,
        `  signed by ${signers.signed.join(', ')}: ${signers.threshold} are needed by version ${verified.root.signed.version} of the root`,
        ...remarks.map((remark) => `  note: ${remark}`),
        ...paths.map((item) => `  ${item}`),
      ]);
    } finally {
      await source.close();
    }
  } catch (error) {
    progress.done();
    if (!(error instanceof BundleError)) throw error;
    process.exitCode = EXIT.error;
    const { reason, part, message } = error;
    if (options.output === 'json')
      print(`${JSON.stringify({ verified: false, reason, part, message }, null, 2)}\n`);
    else process.stderr.write(`error: ${path} is REFUSED (${reason})\n  ${message}\n`);
  }
});

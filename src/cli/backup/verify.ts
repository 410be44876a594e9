/** `casemate backup verify`: exits with 0 only when a restore would work. */
import { type Verified, verifyBackup } from '#region/backup/verify.ts';
import { wakefulClock } from '#region/clock.ts';
import { readSecret } from '../keys/secret-input.ts';
import { EXIT, reporting } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';
import { alignRows } from '../resources/table.ts';
import { type SourceOptions, sourceOf } from './source.ts';

interface VerifyOptions extends SourceOptions {
  readonly scratch?: string;
  readonly output: 'text' | 'json';
}

export const verify = reporting(async (from: string, options: VerifyOptions) => {
  const source = await sourceOf(from, options);
  const verified = await verifyBackup({
    ...source,
    ...(options.scratch === undefined ? {} : { scratch: options.scratch }),
    clock: wakefulClock,
    ask: async ({ seal }) => readSecret(seal === 'shares' ? 'A share of the master key: ' : 'Passphrase: '),
    onRealm(done, of) {
      if (process.stderr.isTTY) process.stderr.write(done === of ? '\r\x1b[K' : `\r${done} of ${of} realms`);
    },
  });
  if (options.output === 'json') printJson({ backup: source.backup, ...verified });
  else printLines(textOf(source.backup, verified));
  if (verified.problems.length > 0 || verified.realms === undefined) process.exitCode = EXIT.error;
});

function textOf(backup: string, { realms, lastTime, objects, problems, description }: Verified): string[] {
  if (realms === undefined) {
    return [`${backup}: its database can be restored; its keys were not opened, so no ledger was verified`];
  }
  const logs = realms.flatMap((realm) => realm.logs);
  const closed = realms.filter(({ notOpened }) => notOpened !== undefined);
  const rows = logs.map((log) => [
    log.origin,
    `${log.size} leaves`,
    `${log.checkpoints} checkpoints`,
    log.root,
    log.problems.length === 0 ? 'verified' : 'NOT WHOLE',
  ]);
  return [
    `${backup}: ${problems.length === 0 ? 'verified' : 'NOT WHOLE'}, the region ${description.region.name} up to ${lastTime ?? '?'}`,
    ...alignRows(rows).map((row) => `  ${row}`),
    ...closed.map(({ realm, notOpened }) => `  ${realm}: not verified: ${notOpened}`),
    ...problems.map((problem) => `  ${problem}`),
    ...(objects.versions === 0
      ? []
      : [
          `  ${objects.versions} versions of objects in ${objects.buckets} buckets, ${(objects.bytes / 1e6).toFixed(1)} MB: named in it; their bytes are ${description.withObjects === true ? 'beside it, those that there were then' : 'not (docs/backup.md)'}`,
        ]),
  ];
}

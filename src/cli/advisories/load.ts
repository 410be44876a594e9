/** `casemate advisories load`: makes files the region's newest advisory data. Everything is read and judged before anything changes. */
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildInput, buildStore } from '#gap/advisories/store/build.ts';
import { ensureAdvisoryFolder, publish } from '#gap/advisories/store/folder.ts';
import type { StoredSource } from '#gap/advisories/store/format.ts';
import { rfc3339, systemClock } from '#kernel/clock.ts';
import type { DataOption } from '../region/commands.ts';
import { regionHere } from '../region/where.ts';
import { CliError, EXIT, reporting } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';

interface LoadOptions extends DataOption {
  readonly debianTracker?: readonly string[];
  readonly osv?: readonly string[];
  readonly openvex?: readonly string[];
  readonly asOf?: string;
  readonly skip: number;
}

const CHUNK_BYTES = 256 * 1024;

export const load = reporting(async (options: LoadOptions) => {
  const inputs = [
    ...inputsOf('debian-tracker', options.debianTracker),
    ...inputsOf('osv', options.osv),
    ...inputsOf('openvex', options.openvex),
  ];
  if (inputs.length === 0) {
    throw new CliError('which files? Give --debian-tracker, --osv or --openvex', { exitCode: EXIT.usage });
  }
  const folder = regionHere(options.data).advisories;
  await ensureAdvisoryFolder(folder);
  const built = await buildStore({
    path: join(folder, `.building-${process.pid}`),
    inputs,
    skip_max: options.skip,
    ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
  });
  const { index, size_bytes, sha256 } = built;
  await publish(folder, built, rfc3339(systemClock.now()));
  const skipped = index.sources.flatMap((source) => source.skipped);
  printLines([
    `${index.advisories} advisories and ${index.statements} VEX statements on ${index.packages} packages, as of ${index.asOf}`,
    `SHA-256 ${sha256}, ${size_bytes} bytes; reports follow within an hour, or at once: casemate vulnerabilities --again`,
    ...(skipped.length === 0
      ? []
      : ['Left out, because they cannot be read:', ...skipped.map((one) => `  ${one}`)]),
  ]);
});

const inputsOf = (kind: StoredSource['kind'], files: readonly string[] = []): BuildInput[] =>
  files.map((file) => ({
    kind,
    name: file === '-' ? 'standard input' : basename(file),
    chunks: file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES }),
  }));

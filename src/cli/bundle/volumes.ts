/** `casemate bundle split`, `join` and `check-volumes`. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { readHead } from '#gap/bundle/contents.ts';
import { BundleError } from '#gap/bundle/problem.ts';
import { openBundle } from '#gap/bundle/source.ts';
import { signedDigest } from '#gap/bundle/tuf/metadata.ts';
import { type CheckedFile, checkVolumes } from '#gap/bundle/volumes/check.ts';
import { joinFiles, joinStream } from '#gap/bundle/volumes/join.ts';
import { VOLUME_BLOCK_BYTES } from '#gap/bundle/volumes/limits.ts';
import { shortId } from '#gap/bundle/volumes/presence.ts';
import type { Joined } from '#gap/bundle/volumes/receiver.ts';
import { splitIntoFolder, splitIntoStream } from '#gap/bundle/volumes/split.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, EXIT, reporting } from '../resources/errors.ts';
import { print, printLines } from '../resources/output.ts';
import { mebibytes, progressLine } from './progress.ts';
import type { JoinOptions, OutputOption, SplitOptions } from './register.ts';
import { factsOf, volumeLines } from './volume-text.ts';

const STANDARD = '-';

export const split = reporting(async (path: string, options: SplitOptions) => {
  const name = await identityOf(path);
  const progress = progressLine('splitting');
  const common = {
    parity_percent: options.parity,
    progress: (done: number, total: number) =>
      progress.report(done * VOLUME_BLOCK_BYTES, total * VOLUME_BLOCK_BYTES),
  };
  if (options.out === STANDARD) {
    if (options.volumeSize !== undefined)
      throw new CliError('a stream has no volumes: --volume-size goes with a folder', {
        exitCode: EXIT.usage,
      });
    const set = await splitIntoStream(path, toStandardOutput, common);
    progress.done();
    // Standard output is the stream.
    process.stderr.write(`${[`${path}: ${name}`, ...volumeLines(set)].join('\n')}\n`);
    return;
  }
  requireNew(options.out);
  const set = await splitIntoFolder(path, options.out, {
    ...common,
    ...(options.volumeSize === undefined ? {} : { volume_bytes: options.volumeSize }),
  });
  progress.done();
  if (options.output === 'json') print(`${JSON.stringify({ out: options.out, ...factsOf(set) }, null, 2)}\n`);
  else
    printLines([
      `${path}: ${name}`,
      ...volumeLines(set),
      `on the other side: ${ownCommand()} bundle verify ${shellWord(options.out)} --root ROOT.json, or bundle join`,
    ]);
});

async function toStandardOutput(frames: Buffer): Promise<void> {
  // A copy: what was given is used again once this returns, and the pipe may not have taken it yet.
  if (!process.stdout.write(Buffer.from(frames))) await once(process.stdout, 'drain');
}

/** `town 12, digest sha256:…`; what is no bundle is told so before anything is written. */
async function identityOf(path: string): Promise<string> {
  if (
    !(await lstat(path).then(
      (found) => found.isFile(),
      () => true,
    ))
  )
    throw new CliError(`${path} is a folder; volumes are made of a bundle that is one file`, {
      hint: `build it with --out NAME.bundle, without "/" at its end`,
    });
  const source = await openBundle(path);
  try {
    const { targets } = (await readHead(source)).metadata;
    return `${targets.signed['x-casemate-bundle'].name} ${targets.signed.version}, digest sha256:${signedDigest(targets)}`;
  } finally {
    await source.close();
  }
}

function requireNew(out: string): void {
  if (existsSync(out))
    throw new CliError(`${out} is there already`, { hint: 'give another name, or remove it' });
}

export const join = reporting(async (paths: readonly string[], options: JoinOptions) => {
  requireNew(options.out);
  const [received, repairing] = [progressLine('joining'), progressLine('repairing')];
  const bytes = (done: number, total: number) =>
    received.report(done * VOLUME_BLOCK_BYTES, total * VOLUME_BLOCK_BYTES);
  const all = { progress: bytes, repairing: repairing.report };
  const isStream = paths.includes(STANDARD);
  if (isStream && paths.length > 1)
    throw new CliError('standard input is joined by itself', {
      exitCode: EXIT.usage,
      hint: 'keep what came in files, and join those: any number of them',
    });
  try {
    const joined = isStream
      ? await joinStream(process.stdin, options.out, all)
      : await joinFiles(paths, options.out, all);
    received.done();
    repairing.done();
    if (options.output === 'json') {
      const { repaired, duplicates } = joined;
      print(
        `${JSON.stringify({ out: options.out, ...factsOf(joined.set), repaired, duplicates }, null, 2)}\n`,
      );
    } else printLines(joinLines(options.out, joined));
  } catch (error) {
    received.done();
    repairing.done();
    throw refusal(error, isStream);
  }
});

function joinLines(out: string, { set, repaired, duplicates }: Joined): string[] {
  const came = duplicates === 0 ? '' : `, ${duplicates} came more than once`;
  return [
    `${out}: ${mebibytes(set.geometry.parameters.size)}, byte for byte what set ${shortId(set)} was made of`,
    `  ${repaired} of ${set.geometry.blocks} blocks were repaired${came}`,
    `nothing is verified yet: ${ownCommand()} bundle verify ${shellWord(out)} --root ROOT.json`,
  ];
}

function refusal(error: unknown, isStream: boolean): unknown {
  if (!(error instanceof BundleError) || error.reason !== 'Missing') return error;
  const hint = isStream
    ? 'have it sent again, and keep what comes in files: several together may have enough'
    : 'add what is missing, or further copies of what is damaged: join takes any number of files and folders';
  return new CliError(error.message, { hint });
}

export const check = reporting(async (paths: readonly string[], options: OutputOption) => {
  const { files, sets } = await checkVolumes(paths);
  const isWhole = sets.length === 1 && sets.every(({ lacking }) => lacking.blocks === 0);
  if (!isWhole) process.exitCode = EXIT.error;
  if (options.output === 'json') {
    const said = {
      files: files.map(({ volume, ...file }) => ({
        ...file,
        ...(volume === undefined ? {} : { set: volume.set.id, volume: volume.number, blocks: volume.blocks }),
      })),
      sets: sets.map(({ presence, lacking }) => ({
        ...factsOf(presence.set),
        present: presence.count,
        lacking: lacking.blocks,
        missing: presence.missing(),
      })),
    };
    print(`${JSON.stringify(said, null, 2)}\n`);
    return;
  }
  printLines([
    ...files.map(fileLine),
    ...sets.flatMap(({ presence, lacking }) => {
      const { geometry } = presence.set;
      const missing = presence.missing();
      const verdict =
        lacking.blocks > 0
          ? `${lacking.blocks} more blocks are needed at least`
          : missing.length === 0
            ? 'all there'
            : 'what is missing can be repaired';
      return [
        `set ${shortId(presence.set)}: ${presence.count} of ${geometry.positions} blocks: ${verdict}`,
        ...missing.map((place) => `  missing: ${place}`),
      ];
    }),
    ...(sets.length === 0 ? ['there are no volumes'] : []),
    ...(sets.length > 1 ? ['these are volumes of several sets: keep each set by itself'] : []),
  ]);
});

function fileLine({ path, good, skipped_bytes, volume }: CheckedFile): string {
  if (volume === undefined) return `${path}: no volume`;
  const { set, number, blocks } = volume;
  const which = `volume ${number} of ${set.geometry.parameters.volumes} of set ${shortId(set)}`;
  const damage = skipped_bytes === 0 ? '' : `, ${skipped_bytes} bytes of it damaged`;
  return `${path}: ${which}: ${good} of ${blocks} blocks are whole${damage}`;
}

/** `casemate bundle root new|rotate|sign|show`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePublicSigner } from '#gap/bundle/tuf/key-file.ts';
import { type Signable, signedDigest } from '#gap/bundle/tuf/metadata.ts';
import { missingOnRoot, planOf, type RootPlan, rootOf, signRoot } from '#gap/bundle/tuf/root.ts';
import { readRootFolder, rootFileName, writeRoot } from '#gap/bundle/tuf/root-folder.ts';
import { type RootSigned, TIME_PATTERN } from '#gap/bundle/tuf/schema.ts';
import { keyIdOf, type PublicSigner } from '#gap/bundle/tuf/signer.ts';
import { readIfThere } from '#trust/files.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { CliError, reporting, usageError } from '../resources/errors.ts';
import { printJson, printLines } from '../resources/output.ts';
import { openSigner } from './keys.ts';
import type { KeyOptions, NewRootOptions, OutputOption, RotateOptions } from './register.ts';

const readSigners = (paths: readonly string[] = []): Promise<PublicSigner[]> =>
  Promise.all(paths.map(async (path) => parsePublicSigner(await readFile(path), path)));

function checkTime(option: string, time: string): string {
  if (new RegExp(TIME_PATTERN).test(time) && !Number.isNaN(Date.parse(time))) return time;
  throw usageError(`${option} ${time}: give a time such as 2028-01-01T00:00:00Z`);
}

export const newRoot = reporting(async (dir: string, options: NewRootOptions) => {
  if ((await readIfThere(join(dir, rootFileName(1)))) !== undefined) {
    throw new CliError(`${dir} has a root already`, {
      hint: `the next one: ${ownCommand()} bundle root rotate`,
    });
  }
  const rootSigners = await readSigners(options.signer);
  if (rootSigners.length === 0) throw usageError('who changes the root? Give --signer once for each');
  const given = await readSigners(options.contentSigner);
  const contentSigners = given.length === 0 ? rootSigners : given;
  const rootThreshold = options.threshold ?? defaultThreshold(rootSigners.length);
  const plan: RootPlan = {
    profile: options.profile,
    expires: checkTime('--expires', options.expires),
    rootSigners,
    rootThreshold,
    contentSigners,
    contentThreshold:
      options.contentThreshold ?? (given.length === 0 ? rootThreshold : defaultThreshold(given.length)),
  };
  await write(dir, [rootOf(1, plan)]);
});

/** More than half, and never one alone where there are two. */
const defaultThreshold = (count: number): number => Math.floor(count / 2) + 1;

export const rotate = reporting(async (dir: string, options: RotateOptions) => {
  const chain = await readRootFolder(dir);
  const last = chain.at(-1);
  if (last === undefined) throw new CliError(`${dir} has no root`);
  const missing = missingOnRoot(chain);
  if (missing.length > 0) {
    throw new CliError(
      `${rootFileName(last.signed.version)} is not complete: it lacks ${missing.join(' and ')}`,
      {
        hint: 'let them sign it first',
      },
    );
  }
  const before = planOf(last);
  const removed = new Set(options.remove ?? []);
  for (const name of removed) {
    if (![...before.rootSigners, ...before.contentSigners].some((signer) => signer.name === name)) {
      throw usageError(`--remove ${name}: there is no such signer in ${rootFileName(last.signed.version)}`);
    }
  }
  const group = (old: readonly PublicSigner[], added: readonly PublicSigner[]): PublicSigner[] => [
    ...old.filter(({ name }) => !removed.has(name) && !added.some((one) => one.name === name)),
    ...added,
  ];
  const plan: RootPlan = {
    profile: before.profile,
    expires: checkTime('--expires', options.expires ?? before.expires),
    rootSigners: group(before.rootSigners, await readSigners(options.signer)),
    rootThreshold: options.threshold ?? before.rootThreshold,
    contentSigners: group(before.contentSigners, await readSigners(options.contentSigner)),
    contentThreshold: options.contentThreshold ?? before.contentThreshold,
  };
  await write(dir, [...chain, rootOf(last.signed.version + 1, plan)]);
});

export const sign = reporting(async (dir: string, options: KeyOptions) => {
  const chain = await readRootFolder(dir);
  const signed = signRoot(chain, await openSigner(options));
  await write(dir, [...chain.slice(0, -1), signed]);
});

export const show = reporting(async (dir: string, { output }: OutputOption) => {
  const chain = await readRootFolder(dir);
  if (output === 'json') return printJson(rootFacts(chain));
  printLines([...describeRoot(chain), ...stateLines(dir, chain)]);
});

async function write(dir: string, chain: readonly Signable<RootSigned>[]): Promise<void> {
  const last = chain.at(-1);
  if (last === undefined) return;
  const path = await writeRoot(dir, last);
  printLines([`${path} written`, ...stateLines(dir, chain)]);
}

function stateLines(dir: string, chain: readonly Signable<RootSigned>[]): string[] {
  const missing = missingOnRoot(chain);
  if (missing.length === 0) return ['all signatures that it needs are there'];
  return [
    'it still needs the signatures of',
    ...missing.map((line) => `  ${line}`),
    `each of them: ${ownCommand()} bundle root sign ${shellWord(dir)} --key NAME.key`,
  ];
}

/** For programs: who may sign, and what its signatures still lack. */
function rootFacts(chain: readonly Signable<RootSigned>[]): object {
  const last = chain.at(-1);
  if (last === undefined) return {};
  const { profile, expires, rootSigners, rootThreshold, contentSigners, contentThreshold } = planOf(last);
  const group = (signers: readonly PublicSigner[], threshold: number) => ({
    threshold,
    signers: signers.map(({ name }) => name).sort(),
  });
  return {
    version: last.signed.version,
    digest: `sha256:${signedDigest(last)}`,
    profile,
    expires,
    changeTheRoot: group(rootSigners, rootThreshold),
    signBundles: group(contentSigners, contentThreshold),
    missing: missingOnRoot(chain),
  };
}

function describeRoot(chain: readonly Signable<RootSigned>[]): string[] {
  const last = chain.at(-1);
  if (last === undefined) return [];
  const plan = planOf(last);
  const group = (what: string, signers: readonly PublicSigner[], threshold: number) => [
    `  ${what}: ${threshold} of ${signers.length}`,
    ...signers.map(
      ({ name, classical, postQuantum }) =>
        `    ${name}  Ed25519 ${keyIdOf(classical).slice(0, 16)}…  ${postQuantum.scheme.toUpperCase()} ${keyIdOf(postQuantum).slice(0, 16)}…`,
    ),
  ];
  return [
    `root ${last.signed.version}, profile ${plan.profile}, until ${plan.expires}`,
    `  digest sha256:${signedDigest(last)}`,
    ...group('change the root', plan.rootSigners, plan.rootThreshold),
    ...group('sign bundles', plan.contentSigners, plan.contentThreshold),
  ];
}

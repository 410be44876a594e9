/**
 * `casemate test`: everything a change must hold against. The last line is always `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureBaseImage } from '#region/base-content/image.ts';
import { isRoot } from '#region/embedded/accounts.ts';
import { installPackages } from '#region/install/apply.ts';
import { PACKAGES, TEST_PACKAGES } from '#region/install/packages.ts';
import { ensureUnpacked } from '#region/install/unpack.ts';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { chosenImageCache } from '../region/where.ts';
import { findTestFiles, sortTestFiles, type TestFiles } from './discover.ts';
import { clearLeftovers, RUN_VARIABLE } from './leftovers.ts';
import { runFiles, type Tally } from './run-files.ts';

const CONCURRENCY_MAX = 8;
// They wait half of their time.
const SHARERS_PER_PROCESSOR = 1.5;
// What a shell answers for a program that an interrupt ended.
const EXIT_INTERRUPTED = 130;
// Where Debian and the Google Cloud SDK keep kubectl; tests look in the PATH.
const KUBECTL_FOLDERS: readonly string[] = ['/usr/lib/google-cloud-sdk/bin'];

export interface TestOptions {
  readonly only?: string;
  readonly long?: boolean;
}

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const CHECKS: readonly Check[] = [
  { name: 'format', command: 'biome', args: ['format', '.'] },
  { name: 'lint', command: 'biome', args: ['lint', '--error-on-warnings', '.'] },
  { name: 'types', command: 'tsc', args: [] },
  { name: 'types of the console', command: 'tsc', args: ['-p', 'console'] },
];

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export async function test(options: TestOptions): Promise<void> {
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    const files = sortTestFiles(findTestFiles(PROGRAM_FOLDER), options);
    const checks = options.only === undefined ? CHECKS : [];
    if (checks.length > 0) print('Checks');
    // Packages and images come over the network, and leave the processors to the checks. All of it ends before anything else begins.
    const ended = await Promise.allSettled([
      prepareFor(files),
      ...checks.map((check) => add(total, runCheck(check))),
    ]);
    for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
    await runAll(files, total);
  } catch (error) {
    total.failed += 1;
    print(`the run itself broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  if (total.passed + total.failed === 0) print(`nothing ran: no test file's path contains "${options.only}"`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
  if (total.skipped > 0) print(`${total.skipped} skipped (named above)`);
  print(`${total.passed} passed, ${total.failed} failed`);
}

/** Installs and builds what tests need. What is missing afterwards makes tests fail, by name. */
async function prepareFor({ sharing, quiet, alone }: TestFiles): Promise<void> {
  if (sharing.length + quiet.length + alone.length === 0) return;
  for (const { message } of await installPackages([...PACKAGES, ...TEST_PACKAGES], print)) print(message);
  if (!isRoot()) return;
  const cache = chosenImageCache(undefined);
  for (const problem of [await ensureBaseImage(cache, print), ...ensureUnpacked(cache, print)])
    if (problem !== undefined) print(problem);
}

async function runAll({ together, sharing, quiet, alone }: TestFiles, total: Tally): Promise<void> {
  if (together.length + sharing.length + quiet.length + alone.length === 0) return;
  const run = randomBytes(3).toString('hex');
  // Short, because unix sockets' paths are; open to all, because accounts other than root work in it.
  const root = `/tmp/cmt-${run}`;
  mkdirSync(root);
  chmodSync(root, 0o1777);
  const env = {
    ...process.env,
    TMPDIR: root,
    [RUN_VARIABLE]: run,
    PATH: [process.env.PATH, ...KUBECTL_FOLDERS].join(':'),
    // For regions that tests start, and for tests that use the image themselves.
    CASEMATE_IMAGE_CACHE: chosenImageCache(undefined),
    CASEMATE_TEST_IMAGE_FOLDER: chosenImageCache(undefined),
    CASEMATE_TEST_POSTGRES_TEMPLATE: join(root, 'postgres-template'),
  };
  const interrupted = () => {
    process.stderr.write('interrupted: clearing up\n');
    void clearLeftovers(root, run).finally(() => process.exit(EXIT_INTERRUPTED));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupted);
  try {
    const processors = Math.min(CONCURRENCY_MAX, availableParallelism());
    const parts = [
      { title: 'Tests', files: together, concurrency: processors },
      {
        title: 'Tests that start servers of their own',
        files: sharing,
        concurrency: Math.min(CONCURRENCY_MAX, Math.ceil(SHARERS_PER_PROCESSOR * processors)),
      },
      { title: 'Tests that listen for silence', files: quiet, concurrency: processors },
      { title: 'Tests that have the machine to themselves', files: alone, concurrency: 1 },
    ];
    for (const { title, files, concurrency } of parts) {
      if (files.length === 0) continue;
      print(`${title} (${files.length} files)`);
      await add(total, runFiles({ checkout: PROGRAM_FOLDER, env, print, files, concurrency }));
    }
  } finally {
    const left = await clearLeftovers(root, run);
    if (left.length > 0) print(['Tests left these behind, now cleared:', ...left].join('\n  '));
  }
}

async function add(total: Tally, part: Promise<Tally>): Promise<void> {
  const { passed, failed, skipped } = await part;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

async function runCheck({ name, command, args }: Check): Promise<Tally> {
  const started = performance.now();
  const child = spawn(join(PROGRAM_FOLDER, 'node_modules/.bin', command), [...args], {
    cwd: PROGRAM_FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const time = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  print(`  ${name.padEnd(56)} ${code === 0 ? 'passed' : 'FAILED'}  ${time}`);
  if (code !== 0) print(output.trimEnd());
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

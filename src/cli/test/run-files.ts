/**
 * Runs test files, each in a process of its own, and says of each how it went. Failures are shown as they come.
 */
import { relative, resolve as resolvePath } from 'node:path';
import { run } from 'node:test';

/** A file that takes longer hangs; a `*.long.test.ts` may take its time. */
const FILE_LIMIT_MS = 10 * 60_000;
const LONG_FILE_LIMIT_MS = 120 * 60_000;
const OUTPUT_KEPT_BYTES = 32_768;

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export interface RunOptions {
  readonly checkout: string;
  readonly files: readonly string[];
  readonly concurrency: number;
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
}

interface FileResult extends Tally {
  /** What the file printed, shown when something fails in it. */
  output: string;
}

/** Runs the files; every test counts as one, and so does a file that breaks or holds no test. */
export async function runFiles({ checkout, files, concurrency, env, print }: RunOptions): Promise<Tally> {
  const results = new Map<string, FileResult>();
  const resultOf = (file: string | undefined): FileResult => {
    const key = resolvePath(checkout, file ?? '.');
    const result = results.get(key) ?? { passed: 0, failed: 0, skipped: 0, output: '' };
    results.set(key, result);
    return result;
  };
  const isFileItself = (name: string, file: string | undefined) =>
    file !== undefined && resolvePath(checkout, name) === file;
  const shortName = (name: string) => relative(checkout, resolvePath(checkout, name));
  const timeout = files.some((file) => file.endsWith('.long.test.ts')) ? LONG_FILE_LIMIT_MS : FILE_LIMIT_MS;
  const stream = run({ files: [...files], cwd: checkout, concurrency, timeout, env });
  stream.on('test:stdout', (data) => keep(resultOf(startedFrom(data)), data.message));
  stream.on('test:stderr', (data) => keep(resultOf(startedFrom(data)), data.message));
  stream.on('test:pass', (data) => {
    const { name, file, details, skip, todo } = data;
    const result = resultOf(startedFrom(data));
    if (details.type === 'suite') return;
    if (skip !== undefined || todo !== undefined) {
      result.skipped += 1;
      print(`    skipped: ${name}${typeof skip === 'string' && skip !== '' ? ` (${skip})` : ''}`);
    } else if (isFileItself(name, file)) {
      result.failed += 1;
      print(`    FAILED  ${shortName(name)} holds no test`);
    } else {
      result.passed += 1;
    }
  });
  stream.on('test:fail', (data) => {
    const { name, file, details } = data;
    // A suite fails because a test in it does, which was counted, or because of a hook, which was not.
    const { error, type } = details;
    if (type === 'suite' && /subtests? failed/.test(error.message)) return;
    const result = resultOf(startedFrom(data));
    result.failed += 1;
    const isFile = isFileItself(name, file);
    print(`    FAILED  ${isFile ? shortName(name) : name}`);
    print(indent(isFile ? result.output || describe(error) : describe(error)));
  });
  // What a test measured; the run's own, of how many there were, has no file.
  stream.on('test:diagnostic', ({ file, message }) => {
    if (file !== undefined) print(`    ${message}`);
  });
  // Comes after everything a file has to tell; the last one is of the whole run.
  stream.on('test:summary', ({ file, duration_ms }) => {
    if (file === undefined) return;
    const { passed, failed, skipped } = resultOf(file);
    const counts = [`${passed} passed`, ...(failed > 0 ? [`${failed} FAILED`] : [])];
    if (skipped > 0) counts.push(`${skipped} skipped`);
    print(`  ${shortName(file).padEnd(56)} ${counts.join(', ')}  ${(duration_ms / 1000).toFixed(1)} s`);
  });
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('end', resolve);
    stream.resume();
  });
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results.values()) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

function keep(result: FileResult, text: string): void {
  result.output = (result.output + text).slice(-OUTPUT_KEPT_BYTES);
}

function describe(error: Error & { cause?: unknown }): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? cause.message;
}

/** The file a test was started from: it may be defined in another one, such as a suite that several files run. */
const startedFrom = (data: { readonly file?: string; readonly entryFile?: string }): string | undefined =>
  data.entryFile ?? data.file;

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `            ${line}`)
    .join('\n');

/** Releases for tests and measurements: this checkout under another version, changed or not; and how long a region's API is silent meanwhile. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRAM_FOLDER } from '#region/program.ts';

const PARTS = [
  'LICENSE',
  'casemate',
  'package.json',
  'package-lock.json',
  'src',
  'content',
  'console/dist',
  'node_modules',
];
const REGION_PROCESS = 'src/region/process.ts';
const OPENS = 'const region = await openRegion({';
const MIGRATIONS = 'src/engines/postgres/migrations';
const PROBE_LIMIT_MS = 1_000;
const PROBE_MS = 10;

/** What is wrong with a release whose region process loads and migrates as it should. */
const FAULTS = {
  /** Ends before it serves. */
  'does not start': [OPENS, `throw new Error('a fault of this release');\n${OPENS}`],
  /** Never serves. */
  hangs: [OPENS, `await new Promise((resolve) => setTimeout(resolve, 2 ** 30));\n${OPENS}`],
  /** Ends 10 s after it was started. */
  'ends soon': [OPENS, `setTimeout(() => process.exit(1), 10_000);\n${OPENS}`],
} as const;
export type Fault = keyof typeof FAULTS;

export interface TreeOptions {
  readonly fault?: Fault | undefined;
  /** How many steps further than this checkout's its database is; programs of this checkout's schema can work with each. */
  readonly migrations?: number;
}

/** A folder with this checkout as Casemate `version`. Files that are not changed are shared with the checkout where the disk can. */
export function releaseTree(
  folder: string,
  version: string,
  { fault, migrations = 0 }: TreeOptions = {},
): string {
  const tree = join(folder, `casemate-${version}`);
  mkdirSync(tree);
  for (const part of PARTS) {
    const from = join(PROGRAM_FOLDER, part);
    const into = dirname(join(tree, part));
    mkdirSync(into, { recursive: true });
    try {
      execFileSync('cp', ['-al', from, into], { stdio: 'pipe' });
    } catch {
      // Another file system.
      rmSync(join(tree, part), { recursive: true, force: true });
      execFileSync('cp', ['-a', from, into]);
    }
  }
  change(join(tree, 'package.json'), /"version": "[^"]+"/, `"version": "${version}"`);
  if (fault !== undefined) change(join(tree, REGION_PROCESS), FAULTS[fault][0], FAULTS[fault][1]);
  const schema = readdirSync(join(tree, MIGRATIONS)).filter((name) => name.endsWith('.sql')).length;
  for (let step = 1; step <= migrations; step++)
    writeFileSync(
      join(tree, MIGRATIONS, `${fourDigits(schema + step)}-later.sql`),
      `-- works-from: ${fourDigits(schema)}\nCREATE TABLE later_${step} (id integer);\n`,
    );
  return tree;
}

const fourDigits = (number: number): string => `${number}`.padStart(4, '0');

/** Makes a file anew: the one that is there may be the checkout's. */
function change(path: string, from: string | RegExp, to: string): void {
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${path} has no ${from}`);
  rmSync(path);
  writeFileSync(path, after);
}

/** Asks `/readyz` again and again, on a new connection each time, and keeps the longest time between two answers. */
export class Silence {
  readonly #url: string;
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;
  readonly #agent = new Agent({ rejectUnauthorized: false, keepAlive: false });
  #last = performance.now();
  #longest_ms = 0;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#run();
  }

  /** Since it began, or since this was last asked. Milliseconds. */
  longest_ms(): number {
    const found = Math.max(this.#longest_ms, performance.now() - this.#last);
    this.#longest_ms = 0;
    return found;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#done;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      if (await this.#answers()) {
        const now = performance.now();
        this.#longest_ms = Math.max(this.#longest_ms, now - this.#last);
        this.#last = now;
      }
      await sleep(PROBE_MS);
    }
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const asked = request(
        `${this.#url}/readyz`,
        { agent: this.#agent, timeout: PROBE_LIMIT_MS },
        (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode === 200));
          response.once('error', () => resolve(false));
        },
      );
      asked.once('timeout', () => asked.destroy());
      asked.once('error', () => resolve(false));
      asked.end();
    });
  }
}

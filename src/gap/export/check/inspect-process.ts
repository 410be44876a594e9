/**
 * The process that looks into the files of one request: started for it by the supervisor as an account of its own, without network, keys or files. What is in those
 * files was made by somebody who may want it to fail. Says what it finds on standard output (`inspect-protocol.ts`).
 */

import { ByteReader } from '../../archive/byte-reader.ts';
import { FINDINGS_PER_RULE_MAX } from '../limits.ts';
import type { Finding } from './finding.ts';
import { newBudget } from './inspect.ts';
import {
  FINDINGS_A_LINE_MAX,
  type FromProcess,
  readFrame,
  type SentFinding,
  type SentSettings,
  TEXT_MAX,
} from './inspect-protocol.ts';
import { ownInspector } from './own-inspector.ts';

/** Whoever waits hears so often that it is at work. */
const WORKING_MS = 5_000;

const reader = new ByteReader(process.stdin);
const budget = newBudget();
const whole = budget.expanded;
let taken = 0;

/** Standard output of a process is written at once (process.stdout of Node, pipes and sockets), so nothing piles up here. */
const say = (said: FromProcess): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

/** The first few of each rule in each file are told one by one, as many as anybody is shown; of the rest, how many. */
class Findings {
  readonly #ready: SentFinding[] = [];
  readonly #counts = new Map<string, number>();
  readonly #rest = new Map<string, { readonly finding: Finding; times: number }>();

  readonly add = (finding: Finding): void => {
    const place = `${finding.rule}\0${finding.file}`;
    const count = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, count);
    if (count > FINDINGS_PER_RULE_MAX) {
      const rest = this.#rest.get(place);
      if (rest === undefined) this.#rest.set(place, { finding, times: 1 });
      else rest.times += 1;
    } else this.#push(finding, 1);
  };

  #push(finding: Finding, times: number): void {
    const [file, what] = [finding.file.slice(0, TEXT_MAX), finding.what.slice(0, TEXT_MAX)];
    this.#ready.push({ ...finding, file, what, times });
    if (this.#ready.length >= FINDINGS_A_LINE_MAX) this.#flush();
  }

  #flush(): void {
    if (this.#ready.length > 0) say({ type: 'findings', findings: this.#ready.splice(0) });
  }

  /** Of one file of the request. */
  end(): void {
    for (const { finding, times } of this.#rest.values()) this.#push(finding, times);
    this.#flush();
  }
}

async function* content(): AsyncGenerator<Buffer> {
  for (;;) {
    say({ type: 'more' });
    const next = await readFrame(reader);
    if (next === undefined) throw new Error('whoever asked has gone');
    if (next.kind !== 'C') return;
    taken += next.body.length;
    yield next.body;
  }
}

async function perform(): Promise<void> {
  const first = await readFrame(reader);
  if (first === undefined) return;
  const { types, off, markings } = JSON.parse(first.body.toString('utf8')) as SentSettings;
  const inspector = ownInspector({ types, off, markings: new Map(markings) }, budget);
  for (let next = await readFrame(reader); next !== undefined; next = await readFrame(reader)) {
    const findings = new Findings();
    await inspector.inspect(next.body.toString('utf8'), content(), findings.add);
    findings.end();
    say({ type: 'done' });
  }
}

function fail(error: unknown): void {
  const { code, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const isMemory = code === 'ERR_MEMORY_ALLOCATION_FAILED' || /allocation failed/i.test(message);
  const said: FromProcess = isMemory
    ? { type: 'bound', bound: 'memory' }
    : { type: 'failed', message: message.slice(0, TEXT_MAX) };
  process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(70));
}

setInterval(() => say({ type: 'working', bytes: taken + (whole - budget.expanded) }), WORKING_MS).unref();
process.on('uncaughtException', fail);
await perform().then(() => process.exit(0), fail);

/**
 * A region under operations while its processes are killed, and what must hold afterwards. All that is drawn by lot comes from the seed; when a kill
 * takes effect within a request does not, so a run made again is alike and not the same.
 */
import { sleep } from '#kernel/clock.ts';
import { wakefulClock } from '#region/clock.ts';
import { baseImage, createOrganization, type Member } from '../support/project.ts';
import type { TestRegion } from '../support/region.ts';
import { type Api, type Outcome, openApi } from './api.ts';
import { chanceOf } from './chance.ts';
import { type Machine, machineOf, type Part } from './machine.ts';
import { Model, nameOf } from './model.ts';
import { drawOperation, type Limits, note, send } from './operations.ts';
import { checkAcknowledged, untilAtRest } from './outcome.ts';
import { until } from './until.ts';

export interface OrdealOptions extends Limits {
  readonly seed: number;
  readonly operations: number;
  readonly kills: number;
  readonly rest_limit_ms: number;
}

export interface OrdealReport {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  readonly kills: Readonly<Record<string, number>>;
  /** From the last operation until nothing was left to do. */
  readonly rest_ms: number;
}

const VICTIMS: readonly Part[] = ['region', 'postgres', 'incus'];
/** A kill comes up to so long after a request was sent. */
const KILL_WITHIN_MS = 40;
const BACK_LIMIT_MS = 60_000;

/** Runs it in a region of its own. Throws with what was done when something does not hold. */
export async function ordeal(region: TestRegion, options: OrdealOptions): Promise<OrdealReport> {
  const trace: string[] = [];
  const member = await createOrganization(region, 'ministry');
  const organization = openApi(member.kubeconfig);
  const operator = openApi(region.kubeconfig);
  try {
    const run = new Ordeal(region, organization, await baseImage(region), options, trace);
    await run.operate();
    const before_ms = wakefulClock.now();
    await run.machine.untilReady();
    await checkAcknowledged(organization, run.model);
    const { rest_limit_ms: limit_ms } = options;
    await untilAtRest({ machine: run.machine, organization, operator, model: run.model, limit_ms });
    const rest_ms = wakefulClock.now() - before_ms;
    await checkAcknowledged(organization, run.model);
    await verifyLedgers(region, member);
    return { ...run.counts, rest_ms };
  } catch (error) {
    throw new Error(`${(error as Error).message}\nwhat was done:\n  ${trace.join('\n  ')}`, { cause: error });
  } finally {
    organization.close();
    operator.close();
  }
}

/** Throws with what the command says when a ledger does not hold. */
export async function verifyLedgers(region: TestRegion, organization: Member): Promise<void> {
  await organization.casemate('ledger', 'verify');
  await region.casemate('ledger', 'verify');
}

class Ordeal {
  readonly machine: Machine;
  readonly model = new Model();
  readonly counts = { acknowledged: 0, unknown: 0, refused: 0, kills: {} as Record<string, number> };
  readonly #api: Api;
  readonly #image: string;
  readonly #options: OrdealOptions;
  readonly #trace: string[];

  constructor(region: TestRegion, api: Api, image: string, options: OrdealOptions, trace: string[]) {
    this.machine = machineOf(region);
    this.#api = api;
    this.#image = image;
    this.#options = options;
    this.#trace = trace;
  }

  async operate(): Promise<void> {
    const { seed, operations, kills } = this.#options;
    const chance = chanceOf(seed);
    const points = new Map<number, { readonly part: Part; readonly delay_ms: number }>();
    // Every part has its turn, in an order by lot; never before there is something to lose.
    while (points.size < kills) {
      const part = VICTIMS[points.size % VICTIMS.length] ?? 'region';
      points.set(3 + chance.below(operations - 3), { part, delay_ms: chance.below(KILL_WITHIN_MS) });
    }
    const first = this.model.add({ plural: 'namespaces', project: undefined, name: 'p0' });
    note(this.model, { verb: 'create', known: first, mark: 'm0' }, await this.#create(first));
    for (let number = 1; number <= operations; number++) {
      const operation = drawOperation(chance, this.model, this.#options, number);
      const point = points.get(number);
      const sent = send(this.#api, operation, this.#image);
      if (point !== undefined) await this.#kill(point.part, point.delay_ms);
      const outcome = await sent;
      this.#write(`${number} ${operation.verb} ${nameOf(operation.known)}: ${words(outcome)}`);
      this.#count(outcome);
      note(this.model, operation, outcome);
      if (outcome === undefined || outcome.code >= 500) await this.#untilAnswering();
    }
  }

  #create(known: Parameters<typeof nameOf>[0] & Parameters<Model['written']>[0]): Promise<Outcome> {
    return send(this.#api, { verb: 'create', known, mark: 'm0' }, this.#image);
  }

  async #kill(part: Part, delay_ms: number): Promise<void> {
    await sleep(wakefulClock, delay_ms);
    const pid = await this.machine.kill(part);
    this.counts.kills[part] = (this.counts.kills[part] ?? 0) + 1;
    this.#write(`killed ${part} (${pid}) ${delay_ms} ms after the next request was sent`);
  }

  #count(outcome: Outcome): void {
    if (outcome === undefined || outcome.code >= 500) this.counts.unknown++;
    else if (outcome.code < 300) this.counts.acknowledged++;
    else this.counts.refused++;
    // Whoever is told to come back must be told when; and a fault of ours is never what a database's end looks like.
    if (outcome !== undefined && outcome.code >= 500) {
      if (outcome.code !== 503 || outcome.headers['retry-after'] === undefined) {
        throw new Error(`answered ${words(outcome)}, not 503 with Retry-After`);
      }
    }
  }

  async #untilAnswering(): Promise<void> {
    await until('the API answers again', BACK_LIMIT_MS, async () => {
      const answer = await this.#api.call('GET', '/api/v1/namespaces/p0');
      return answer?.code === 200;
    });
  }

  #write(line: string): void {
    this.#trace.push(line);
  }
}

const words = (outcome: Outcome): string =>
  outcome === undefined
    ? 'no answer'
    : outcome.code < 300
      ? String(outcome.code)
      : `${outcome.code} ${String(outcome.body.message)}`;

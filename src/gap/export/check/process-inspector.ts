/**
 * The region's side of the process that looks into the files of a request: has one started, gives it content piece by piece as it asks for it, believes nothing of its
 * form, and ends it when it says nothing new for too long. What goes wrong over there ends as an InspectorError here, and takes nothing else with it.
 */
import { type Static, Type } from 'typebox';
import type { Clock } from '#kernel/clock.ts';
import { oneOf } from '#kernel/kind-parts.ts';
import { valueChecker } from '../../bundle/json.ts';
import { lines } from '../../confined/lines.ts';
import { type Bound, boundOf, type StartConfined, type Started } from '../../confined/start.ts';
import { EXPANDED_BYTES_MAX, EXPORT_BYTES_MAX, MIB } from '../limits.ts';
import { RULE_NAMES } from './finding.ts';
import { FINDINGS_A_LINE_MAX, frame, type SentSettings, TEXT_MAX } from './inspect-protocol.ts';
import { InspectorError, type InspectorSettings, type Report, type StartInspector } from './inspector.ts';

/** Without a word of something new; it says every few seconds how far it is. */
export const SILENCE_MS_MAX = 120_000;
/** 500 findings with the longest names there are. */
const LINE_BYTES_MAX = 8 * MIB;
/** Pieces, findings of 20,000 members, and signs of life are far fewer. */
const MESSAGES_MAX = 1_000_000;

const text = (maxLength: number) => Type.String({ maxLength });
const count = () => Type.Integer({ minimum: 0 });
const message = <T extends string, P extends Parameters<typeof Type.Object>[0]>(type: T, properties: P) =>
  Type.Object({ type: Type.Literal(type), ...properties });

const SentFinding = Type.Object({
  rule: oneOf(RULE_NAMES),
  file: text(TEXT_MAX),
  what: text(TEXT_MAX),
  line: Type.Optional(count()),
  offset: Type.Optional(count()),
  excerpt: Type.Optional(text(64)),
  times: Type.Integer({ minimum: 1 }),
});

const Said = Type.Union([
  message('more', {}),
  message('working', {
    bytes: Type.Integer({ minimum: 0, maximum: EXPANDED_BYTES_MAX + 2 * EXPORT_BYTES_MAX }),
  }),
  message('findings', { findings: Type.Array(SentFinding, { maxItems: FINDINGS_A_LINE_MAX }) }),
  message('done', {}),
  message('bound', { bound: Type.Literal('memory') }),
  /** `disk`: of whoever starts it, which is no fault of the content. */
  message('failed', { message: text(16_384), disk: Type.Optional(Type.Boolean()) }),
  message('ended', { how: text(256) }),
]);
type Said = Static<typeof Said>;
const readSaid = valueChecker(Said);

const WORDS: Readonly<Record<Bound, string>> = {
  memory: 'it took more memory than a check may have',
  time: 'it took more time than a check may have',
  protocol: 'what looked into it broke, and said what makes no sense',
  none: 'what looked into it broke',
};

const failed = (bound: Bound, detail = ''): InspectorError =>
  new InspectorError(
    `could not be checked: ${WORDS[bound]}${detail === '' ? '' : ` (${detail.slice(0, 200)})`}`,
    bound !== 'none',
  );

export function processInspector(start: StartConfined, clock: Clock): StartInspector {
  return (settings) => {
    let session: Session | undefined;
    return {
      async inspect(file, source, report) {
        session ??= new Session(await start(), settings, clock);
        await session.inspect(file, source, report);
      },
      async close() {
        session?.end();
      },
    };
  };
}

class Session {
  readonly #started: Started;
  readonly #clock: Clock;
  readonly #lines: AsyncGenerator<string>;
  #messages = 0;
  #looked = -1;
  #isSilent = false;
  #stopWatching = () => {};
  #failure: InspectorError | undefined;

  constructor(started: Started, { types, off, markings }: InspectorSettings, clock: Clock) {
    this.#started = started;
    this.#clock = clock;
    this.#lines = lines(started.output, LINE_BYTES_MAX);
    started.write(frame('S', JSON.stringify({ types, off, markings: [...markings] } satisfies SentSettings)));
  }

  async inspect(file: string, source: AsyncIterable<Buffer>, report: Report): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const chunks = source[Symbol.asyncIterator]();
    let failure: { readonly error: unknown } | undefined;
    try {
      this.#heard();
      this.#started.write(frame('F', file));
      for (;;) {
        const said = await this.#next();
        if (said.type === 'done') break;
        if (said.type === 'findings') for (const { times, ...one } of said.findings) report(one, times);
        else if (said.type === 'working') this.#working(said.bytes);
        else {
          this.#heard();
          const chunk = await chunks.next().catch((error: unknown) => {
            failure = { error };
            return { done: true as const, value: undefined };
          });
          this.#heard();
          this.#started.write(chunk.done === true ? frame('E') : frame('C', chunk.value));
        }
      }
    } catch (error) {
      if (error instanceof InspectorError) this.#failure = error;
      this.end();
      throw error;
    } finally {
      this.#stopWatching();
    }
    if (failure !== undefined) throw failure.error;
  }

  end(): void {
    this.#stopWatching();
    this.#started.kill();
  }

  #working(bytes: number): void {
    if (bytes > this.#looked) this.#heard();
    this.#looked = bytes;
  }

  /** Something new: from now on it has its time again. */
  #heard(): void {
    this.#stopWatching();
    this.#stopWatching = this.#clock.after(SILENCE_MS_MAX, () => {
      this.#isSilent = true;
      this.#started.kill();
    });
  }

  async #next(): Promise<Extract<Said, { type: 'more' | 'working' | 'findings' | 'done' }>> {
    for (;;) {
      const line = await this.#line();
      // Whoever started it adds a line about its end, wherever it was.
      if (line === '') continue;
      if (++this.#messages > MESSAGES_MAX) throw failed('protocol', 'it talks without end');
      const said = parse(line);
      switch (said.type) {
        case 'ended':
          throw this.#isSilent ? failed('time') : failed(boundOf(said.how), `it ended by ${said.how}`);
        case 'bound':
          throw failed(said.bound);
        case 'failed':
          throw said.disk === true ? new Error(said.message) : failed('none', said.message);
        default:
          return said;
      }
    }
  }

  async #line(): Promise<string> {
    try {
      const { done, value } = await this.#lines.next();
      if (done !== true) return value;
    } catch (error) {
      if (error instanceof RangeError) throw failed('protocol', error.message);
    }
    // Whoever started it has gone, or we ended it.
    throw this.#isSilent ? failed('time') : failed('none', 'it ended without a word');
  }
}

function parse(line: string): Said {
  try {
    return readSaid(JSON.parse(line), 'what it says');
  } catch (error) {
    throw failed('protocol', error instanceof Error ? error.message : String(error));
  }
}

/**
 * How the region has begun what people agreed to, though it may not itself touch what it runs from: it names the Release at a socket of the supervisor, which starts a
 * process of the machine's owner (`region/releases/starter.ts`). That one reads for itself what was agreed to.
 */
import { type Static, Type } from 'typebox';
import { checker } from '#kernel/schema/kind-schema.ts';
import { lines } from '../confined/lines.ts';
import { askedAt, type Started } from '../confined/start.ts';

/** Until the first step is on disk; two programs start meanwhile. */
const ANSWER_LIMIT_MS = 60_000;
export const LINE_BYTES_MAX = 8_192;

/** What hinders it, in words; undefined when it was begun, or there was nothing to begin. */
export type Starter = (release: string) => Promise<string | undefined>;

const Question = Type.Object({ release: Type.String({ pattern: '^[0-9A-Za-z.-]{1,64}$' }) });
export type Question = Static<typeof Question>;
export const questionProblems = checker(Question, '', { showValues: true });

const Answer = Type.Union([
  Type.Object({ type: Type.Literal('done') }),
  Type.Object({ type: Type.Literal('failed'), message: Type.String({ maxLength: 2_000 }) }),
  Type.Object({ type: Type.Literal('ended'), how: Type.String({ maxLength: 2_000 }) }),
]);
export type Answer = Static<typeof Answer>;
const answerProblems = checker(Answer, '', { showValues: true });

export function starterAt(socket: string): Starter {
  return async (release) => {
    let started: Started;
    try {
      started = await askedAt(socket)();
    } catch (error) {
      return (error as Error).message;
    }
    const limit = setTimeout(() => started.kill(), ANSWER_LIMIT_MS);
    try {
      started.write(`${JSON.stringify({ release } satisfies Question)}\n`);
      for await (const line of lines(started.output, LINE_BYTES_MAX)) {
        if (line.trim() === '') continue;
        const answer: unknown = JSON.parse(line);
        if (answerProblems(answer).length > 0)
          return 'who was to begin it answered nothing that is understood';
        return problemIn(answer as Answer);
      }
      return `who was to begin it did not answer within ${ANSWER_LIMIT_MS / 1_000} s`;
    } catch (error) {
      return `who was to begin it cannot be understood: ${(error as Error).message}`;
    } finally {
      clearTimeout(limit);
      started.kill();
    }
  };
}

function problemIn(answer: Answer): string | undefined {
  if (answer.type === 'done') return undefined;
  return answer.type === 'failed' ? answer.message : `who was to begin it ended: ${answer.how}`;
}

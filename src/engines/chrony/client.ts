/** Asks the region's chronyd how its clock is. Needs no privilege, and can change nothing. */
import { execFile } from 'node:child_process';
import { questionArguments } from './daemon.ts';
import { readTime, type TimeReport } from './report.ts';

const ANSWER_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 64 * 1024;

export class TimeError extends Error {
  override readonly name = 'TimeError';
}

export interface TimeClient {
  /** Why no time is kept here at all; then it cannot be asked. */
  readonly absent?: string;
  /** Throws TimeError when it does not answer. */
  read(): Promise<TimeReport>;
}

/** Of the chronyd that serves at a port. */
export function timeClient(client: string, port: number): TimeClient {
  const ask = (question: 'tracking' | 'sources') =>
    new Promise<string>((resolve, reject) => {
      const options = { timeout: ANSWER_MS_MAX, maxBuffer: ANSWER_BYTES_MAX, env: { LC_ALL: 'C' } };
      execFile(client, [...questionArguments(port, question)], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new TimeError(`chronyd does not answer: ${stdout}${stderr}`.trim().slice(0, 300)));
      });
    });
  return {
    async read() {
      const [tracking, sources] = await Promise.all([ask('tracking'), ask('sources')]);
      return readTime(tracking, sources);
    },
  };
}

/** For a region that keeps no time, which says `why`. */
export const noTime = (why: string): TimeClient => ({
  absent: why,
  read: () => Promise.reject(new TimeError(why)),
});

/** What every measurement is given. */
import type { Measurement } from '../lib/result.ts';

export interface MeasureOptions {
  /** A tenth of the size: to try it out, not to quote. */
  readonly quick: boolean;
  /** Also what takes many minutes. */
  readonly long: boolean;
  /** A folder to leave CPU profiles of the region process in. */
  readonly profile: string | undefined;
  readonly say: (line: string) => void;
}

export interface Measure {
  readonly summary: string;
  run(options: MeasureOptions): Promise<Measurement>;
}

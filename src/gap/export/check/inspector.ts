/** Who looks into the files of one request: this very process (`own-inspector.ts`), or one that is started for it (`process-inspector.ts`). */
import type { ContentType } from './content-type.ts';
import type { Finding, RuleName } from './finding.ts';

/** Plain data, so that it can go to another process. */
export interface InspectorSettings {
  readonly types: readonly ContentType[];
  /** Rules that are not looked for. */
  readonly off: readonly RuleName[];
  /** Markings of labels that must not leave, by label. */
  readonly markings: ReadonlyMap<string, readonly string[]>;
}

/** `times`: how often it was found; those after the first few of one rule in one file may be told together. */
export type Report = (finding: Finding, times: number) => void;

export interface Inspector {
  /** One file after the other. Throws what the source throws, and InspectorError when the look itself came to no end. */
  inspect(file: string, source: AsyncIterable<Buffer>, report: Report): Promise<void>;
  close(): Promise<void>;
}

export type StartInspector = (settings: InspectorSettings) => Inspector;

/** Whoever looked into a file did not survive it. */
export class InspectorError extends Error {
  override readonly name = 'InspectorError';
  /** It took more than it may of something: it would again. Else it broke, or somebody ended it. */
  readonly isBound: boolean;

  constructor(message: string, isBound: boolean) {
    super(message);
    this.isBound = isBound;
  }
}

/** Who looks into the files of one request: this very thread, or one of its own (`thread-inspector.ts`). */
import type { ContentType } from './content-type.ts';
import { detectorsFor } from './detectors.ts';
import type { Finding, RuleName } from './finding.ts';
import { inspectFile, newBudget } from './inspect.ts';

/** Plain data, so that it can go to another thread. */
export interface InspectorSettings {
  readonly types: readonly ContentType[];
  /** Rules that are not looked for. */
  readonly off: readonly RuleName[];
  /** Markings of labels that must not leave, by label. */
  readonly markings: ReadonlyMap<string, readonly string[]>;
}

export interface Inspector {
  /** One file after the other. Throws what the source throws, and InspectorError when the look itself came to no end. */
  inspect(file: string, source: AsyncIterable<Buffer>, report: (finding: Finding) => void): Promise<void>;
  close(): Promise<void>;
}

export type StartInspector = (settings: InspectorSettings) => Inspector;

/** Whoever looked into a file did not survive it. */
export class InspectorError extends Error {}

export const ownInspector: StartInspector = ({ types, off, markings }) => {
  const shared = {
    types: new Set(types),
    detectors: detectorsFor((rule) => (off.includes(rule) ? 'off' : 'block'), markings),
    budget: newBudget(),
  };
  return {
    inspect: (file, source, report) => inspectFile(source, file, { ...shared, report }),
    close: async () => {},
  };
};

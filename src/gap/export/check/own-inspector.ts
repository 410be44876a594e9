/** Looks into files in this very process. The region process never does: it asks one that is confined. */
import { detectorsFor } from './detectors.ts';
import { type Budget, inspectFile, newBudget } from './inspect.ts';
import type { Inspector, InspectorSettings } from './inspector.ts';

/** `budget`: what is left of it is seen by whoever gives it. */
export function ownInspector(
  { types, off, markings }: InspectorSettings,
  budget: Budget = newBudget(),
): Inspector {
  const shared = {
    types: new Set(types),
    detectors: detectorsFor((rule) => (off.includes(rule) ? 'off' : 'block'), markings),
    budget,
  };
  return {
    inspect: (file, source, report) =>
      inspectFile(source, file, { ...shared, report: (finding) => report(finding, 1) }),
    close: async () => {},
  };
}

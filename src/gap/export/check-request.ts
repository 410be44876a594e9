/** Checks a whole request: what the policy says of it, then every file, byte by byte. */
import { detectorsFor } from './check/detectors.ts';
import { inspectFile, newBudget } from './check/inspect.ts';
import { ContentError, type ContentOptions, contentOf } from './content.ts';
import { actionFor, type ExportRules, markingsAbove, refusedBy } from './policy-kind.ts';
import type { ExportSpec } from './request-kind.ts';
import { Verdict } from './verdict.ts';

/** Throws only when the storage fails, or `signal` says so: whatever is wrong with the content is in the verdict. */
export async function checkRequest(
  spec: ExportSpec,
  policy: ExportRules,
  content: ContentOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  const verdict = new Verdict(policy);
  for (const { field = '', message } of refusedBy(policy, spec)) {
    verdict.add({ rule: 'policy', file: field, what: message });
  }
  const options = {
    types: new Set(policy.types),
    detectors: detectorsFor((rule) => actionFor(policy, rule).action, markingsAbove(policy)),
    report: verdict.add,
    budget: newBudget(),
  };
  for (const [index, file] of spec.files.entries()) {
    try {
      await inspectFile(until(contentOf(content, index, file), signal), file.path, options);
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      verdict.add({ rule: 'content', file: error.file, what: error.message });
    }
  }
  return verdict;
}

async function* until(source: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    signal.throwIfAborted();
    yield chunk;
  }
}

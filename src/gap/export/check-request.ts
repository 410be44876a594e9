/** Checks a whole request: what the policy says of it, then every file, byte by byte. */
import { RULE_NAMES } from './check/finding.ts';
import { InspectorError, type StartInspector } from './check/inspector.ts';
import { ContentError, type ContentOptions, contentOf } from './content.ts';
import { actionFor, type ExportRules, markingsAbove, refusedBy } from './policy-kind.ts';
import type { ExportSpec } from './request-kind.ts';
import { Verdict } from './verdict.ts';

/** Throws only when the storage fails, or `signal` says so: whatever is wrong with the content is in the verdict. */
export async function checkRequest(
  spec: ExportSpec,
  policy: ExportRules,
  content: ContentOptions,
  start: StartInspector,
  signal: AbortSignal,
): Promise<Verdict> {
  const verdict = new Verdict(policy);
  for (const { field = '', message } of refusedBy(policy, spec)) {
    verdict.add({ rule: 'policy', file: field, what: message });
  }
  const inspector = start({
    types: policy.types,
    off: RULE_NAMES.filter((rule) => actionFor(policy, rule).action === 'off'),
    markings: markingsAbove(policy),
  });
  try {
    for (const [index, file] of spec.files.entries()) {
      try {
        await inspector.inspect(file.path, until(contentOf(content, index, file), signal), verdict.add);
      } catch (error) {
        if (error instanceof ContentError) {
          verdict.add({ rule: 'content', file: error.file, what: error.message });
        } else if (error instanceof InspectorError) {
          // Blocked by that; those after it are not looked at.
          verdict.add({ rule: 'archive', file: file.path, what: error.message });
          return verdict;
        } else throw error;
      }
    }
  } finally {
    await inspector.close();
  }
  return verdict;
}

async function* until(source: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    signal.throwIfAborted();
    yield chunk;
  }
}

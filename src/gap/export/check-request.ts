/** Checks a whole request: what the policy says of it, then every file, byte by byte. */
import { RULE_NAMES } from './check/finding.ts';
import { InspectorError, type StartInspector } from './check/inspector.ts';
import { ContentError, type ContentOptions, contentOf } from './content.ts';
import { actionFor, type ExportRules, markingsAbove, refusedBy } from './policy-kind.ts';
import type { ExportSpec } from './request-kind.ts';
import { Verdict } from './verdict.ts';

/** What looks into the files may break by no fault of theirs: it is tried so often before that counts against them. */
export const TRIES_MAX = 3;

/** Throws only when the storage fails, nobody can look into it now, or `signal` says so: whatever is wrong with the content is in the verdict. */
export async function checkRequest(
  spec: ExportSpec,
  policy: ExportRules,
  content: ContentOptions,
  start: StartInspector,
  signal: AbortSignal,
): Promise<Verdict> {
  for (let tries = 1; ; tries++) {
    const { verdict, broken } = await checkOnce(spec, policy, content, start, signal);
    if (broken === undefined) return verdict;
    if (broken.error.isBound || tries === TRIES_MAX) {
      // Blocked by that; what comes after it is not looked at.
      verdict.add({ rule: 'unchecked', file: broken.file, what: broken.error.message });
      return verdict;
    }
  }
}

interface Checked {
  readonly verdict: Verdict;
  /** At which file the look came to no end. */
  readonly broken?: { readonly file: string; readonly error: InspectorError };
}

async function checkOnce(
  spec: ExportSpec,
  policy: ExportRules,
  content: ContentOptions,
  start: StartInspector,
  signal: AbortSignal,
): Promise<Checked> {
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
          signal.throwIfAborted();
          return { verdict, broken: { file: file.path, error } };
        } else throw error;
      }
    }
  } finally {
    await inspector.close();
  }
  return { verdict };
}

async function* until(source: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    signal.throwIfAborted();
    yield chunk;
  }
}

/**
 * What `apply` sends: a JSON merge patch (RFC 7386) from what was applied before, what is wanted, and what is there. The same
 * rule and annotation as kubectl's, so that the two can take turns. Pure.
 */
import { type AnyObject, isRecord } from './objects.ts';

/** Where kubectl keeps what was last applied. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => same(item, b[at]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
};

/**
 * Sets what is wanted and not so; removes (null) what was applied before, is no longer wanted, and is still there. Whatever
 * else is there stays. Lists are replaced whole. Undefined when nothing has to change.
 */
export function threeWayPatch(applied: unknown, wanted: unknown, live: unknown): unknown {
  if (!isRecord(wanted) || !isRecord(live)) return same(wanted, live) ? undefined : wanted;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    // In a merge patch null removes; a manifest that says null wants that.
    if (value === null) {
      if (Object.hasOwn(live, key)) patch[key] = null;
      continue;
    }
    const before = isRecord(applied) && Object.hasOwn(applied, key) ? applied[key] : undefined;
    const change = Object.hasOwn(live, key) ? threeWayPatch(before, value, live[key]) : value;
    if (change !== undefined) patch[key] = change;
  }
  if (isRecord(applied)) {
    for (const key of Object.keys(applied)) {
      if (!Object.hasOwn(wanted, key) && Object.hasOwn(live, key)) patch[key] = null;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** The manifest as it is remembered: canonical enough to compare, without its own memory, and without status. */
export function rememberedForm(manifest: AnyObject): string {
  const { status: _, ...rest } = manifest;
  const { [LAST_APPLIED]: __, ...annotations } = manifest.metadata.annotations ?? {};
  return `${JSON.stringify({ ...rest, metadata: { ...manifest.metadata, annotations } })}\n`;
}

/** The manifest with its memory in its annotations, as it is sent. */
export function withMemory(manifest: AnyObject): AnyObject {
  const annotations = { ...manifest.metadata.annotations, [LAST_APPLIED]: rememberedForm(manifest) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** What was applied before, as the live object remembers it; an empty object when it does not. */
export function remembered(live: AnyObject): unknown {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return {};
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

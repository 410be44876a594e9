/** The console log is a ring: what was read last time may have been pushed out at its start. Pure. */

/** How much of the end of what was seen is searched for in what there is now. */
const ANCHOR_BYTES = 1024;

/** What `now` has beyond `seen`. When they have nothing in common, all of `now`. */
export function appended(seen: Buffer, now: Buffer): Buffer {
  if (seen.length === 0) return now;
  if (now.length >= seen.length && now.subarray(0, seen.length).equals(seen))
    return now.subarray(seen.length);
  const anchor = seen.subarray(-ANCHOR_BYTES);
  const at = now.lastIndexOf(anchor);
  return at < 0 ? now : now.subarray(at + anchor.length);
}

/** The last `count` lines; a last line without an end counts as one. */
export function lastLines(text: Buffer, count: number): Buffer {
  if (count === 0) return text.subarray(text.length);
  const NEWLINE = 0x0a;
  let from = text.length;
  if (text[from - 1] === NEWLINE) from--;
  for (let lines = 0; lines < count; lines++) {
    const before = from === 0 ? -1 : text.lastIndexOf(NEWLINE, from - 1);
    if (before < 0) return text;
    from = before;
  }
  return text.subarray(from + 1);
}

/**
 * Makes a line of the region process' log, which is JSON, one that a person reads. Other lines stay as they are.
 */

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
};

// Told in their own places of the line.
const KNOWN = new Set(['level', 'time', 'msg', 'err', 'error', 'stack']);

export function readableLine(line: string): string {
  if (!line.startsWith('{')) return line;
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, msg, err, error } = record;
  if (typeof level !== 'number' || typeof msg !== 'string') return line;
  const cause = messageOf(err) ?? messageOf(error);
  const details = Object.entries(record)
    .filter(([name, value]) => !KNOWN.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const text = cause === undefined ? msg : `${msg}: ${cause}`;
  return [time, LEVELS[level] ?? `level ${level}`, text, ...details]
    .filter((part) => part !== undefined)
    .join(' ');
}

function messageOf(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return undefined;
  const { message } = error as { readonly message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

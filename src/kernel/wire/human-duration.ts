/**
 * Ages as kubectl prints them: two units at most, coarser the older. Pure.
 */
const SECOND_MS = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;

function two(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}

/** `45s`, `3m20s`, `15m`, `7h5m`, `12h`, `2d4h`, `30d`, `3y20d`. */
export function humanDuration(duration_ms: number): string {
  const seconds = Math.max(0, Math.floor(duration_ms / SECOND_MS));
  if (seconds < 2 * MINUTE_S) return `${seconds}s`;
  const minutes = Math.floor(seconds / MINUTE_S);
  if (minutes < 10) return two(minutes, 'm', seconds % MINUTE_S, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(seconds / HOUR_S);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(seconds / DAY_S);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.floor(seconds / YEAR_S);
  if (days < 8 * 365) return two(years, 'y', days % 365, 'd');
  return `${years}y`;
}

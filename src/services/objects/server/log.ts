/** This process speaks to the region over its output, so what it says of itself goes to standard error: a JSON text a line. Never a secret, a key or a body. */
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/logger.ts';

export function errorLog(clock: Pick<Clock, 'now'>): Logger {
  const say = (level: string) => (fields: object, message: string) => {
    const shown = Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]);
    process.stderr.write(
      `${JSON.stringify({ time: new Date(clock.now()).toISOString(), level, ...Object.fromEntries(shown), msg: message })}\n`,
    );
  };
  return { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };
}

/** Two things of which one says more of the other, as a language joins them: in French with a space before the colon. Pure. */
import type { Say } from './texts.ts';

/** Of what is undefined, nothing is said. */
export function pairText(say: Say, name: string | undefined, value: string | undefined): string {
  if (name === undefined || value === undefined) return name ?? value ?? '';
  return say('pair', { name, value });
}

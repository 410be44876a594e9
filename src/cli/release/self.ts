/** `casemate release self plan`: what the release before asks this one. Prints JSON for programs. */
import { planHere } from '#region/releases/self.ts';
import { chosenImageCache, chosenRegion } from '../region/where.ts';
import { usageError } from '../resources/errors.ts';

export async function self(
  question: string,
  options: { readonly data?: string; readonly imageCache?: string },
): Promise<void> {
  if (question !== 'plan') throw usageError(`there is no answer to "${question}"; plan is`);
  const plan = await planHere(chosenRegion(options.data), chosenImageCache(options.imageCache));
  process.stdout.write(`${JSON.stringify(plan)}\n`);
}

/** `casemate bundle sign`. */
import { type SignedRole, signBundle } from '#gap/bundle/sign.ts';
import { reporting } from '../resources/errors.ts';
import { printLines } from '../resources/output.ts';
import { openSigner } from './keys.ts';
import type { KeyOptions } from './register.ts';

export const sign = reporting(async (path: string, options: KeyOptions) => {
  const roles = await signBundle(path, await openSigner(options));
  printLines([`${path} signed`, ...roles.map(roleLine)]);
});

/** `  targets: 1 of 2: alice` */
export const roleLine = ({ role, threshold, signed }: SignedRole): string =>
  `  ${role}: ${signed.length} of ${threshold}${signed.length === 0 ? '' : `: ${signed.join(', ')}`}`;

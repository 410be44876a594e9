/** What the console says, in French: see `en.ts`. */
import type { Texts } from './en.ts';
import { compute } from './fr/compute.ts';
import { consent } from './fr/consent.ts';
import { forms } from './fr/forms.ts';
import { kinds } from './fr/kinds.ts';
import { operator } from './fr/operator.ts';
import { proof } from './fr/proof.ts';
import { shell } from './fr/shell.ts';
import { storage } from './fr/storage.ts';

export const fr: Texts = {
  ...shell,
  ...kinds,
  ...consent,
  ...forms,
  ...compute,
  ...storage,
  ...proof,
  ...operator,
};

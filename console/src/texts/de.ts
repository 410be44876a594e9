/** What the console says, in German: see `en.ts`. */

import { compute } from './de/compute.ts';
import { consent } from './de/consent.ts';
import { forms } from './de/forms.ts';
import { kinds } from './de/kinds.ts';
import { operator } from './de/operator.ts';
import { proof } from './de/proof.ts';
import { shell } from './de/shell.ts';
import { storage } from './de/storage.ts';
import type { Texts } from './en.ts';

export const de: Texts = {
  ...shell,
  ...kinds,
  ...consent,
  ...forms,
  ...compute,
  ...storage,
  ...proof,
  ...operator,
};

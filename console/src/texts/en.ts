/** What the console says, in English: the list of all there is to say, a file a room. The other languages say the same (`fr.ts`, `de.ts`). ICU message format. */
import { compute } from './en/compute.ts';
import { consent } from './en/consent.ts';
import { forms } from './en/forms.ts';
import { kinds } from './en/kinds.ts';
import { operator } from './en/operator.ts';
import { proof } from './en/proof.ts';
import { shell } from './en/shell.ts';
import { storage } from './en/storage.ts';

export const en = {
  ...shell,
  ...kinds,
  ...consent,
  ...forms,
  ...compute,
  ...storage,
  ...proof,
  ...operator,
} as const;

export type TextId = keyof typeof en;
export type Texts = Readonly<Record<TextId, string>>;

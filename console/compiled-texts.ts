/** Texts are read as messages here, once: the browser gets what they come to, and needs nothing that reads them. */
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { Plugin } from 'vite';
import { type Language, typeset } from './src/texts/typography.ts';

/** `src/texts/fr/forms.ts` exports the texts of its room by the room's name, and imports nothing but types. */
const ROOM = /\/src\/texts\/(en|fr|de)\/([a-z]+)\.ts$/;

export const compiledTexts: Plugin = {
  name: 'compiled-texts',
  /** After the types were taken out of it. */
  async transform(code, id) {
    const [, language, room] = ROOM.exec(id) ?? [];
    if (language === undefined || room === undefined) return null;
    const file: Readonly<Record<string, Readonly<Record<string, string>>>> = await import(
      `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
    );
    const messages = Object.entries(file[room] ?? {}).map(([name, text]) => [
      name,
      compileMessage(typeset(language as Language, text)),
    ]);
    return { code: `export const ${room} = ${JSON.stringify(Object.fromEntries(messages))};`, map: null };
  },
};

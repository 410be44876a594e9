/** A text that is no message is shown as it stands in the source: each of them is read here as the page reads it. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileMessage } from '@lingui/message-utils/compileMessage';

const FOLDER = import.meta.dirname;
const LANGUAGES = ['en', 'fr', 'de'];

const rooms = readdirSync(join(FOLDER, 'en')).filter((file) => file.endsWith('.ts'));

async function textsOf(language: string, room: string): Promise<Readonly<Record<string, string>>> {
  const file: Readonly<Record<string, Readonly<Record<string, string>>>> = await import(
    join(FOLDER, language, room)
  );
  return Object.assign({}, ...Object.values(file));
}

for (const room of rooms)
  test(`${room}: every text is a message in each language`, async () => {
    for (const language of LANGUAGES) {
      const texts = await textsOf(language, room);
      for (const [id, text] of Object.entries(texts)) {
        const problems: unknown[] = [];
        const warn = console.warn;
        const error = console.error;
        console.warn = console.error = (...said: unknown[]) => void problems.push(said);
        try {
          compileMessage(text);
        } finally {
          console.warn = warn;
          console.error = error;
        }
        assert.deepEqual(problems, [], `${language} ${id}`);
      }
    }
  });

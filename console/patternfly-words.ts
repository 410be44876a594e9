/** Whoever imports `@patternfly/react-core` gets it with our words: `src/parts/patternfly/core.ts`, which itself gets PatternFly's. */
import { join } from 'node:path';
import type { Plugin } from 'vite';

const PACKAGE = '@patternfly/react-core';
const FOLDER = join(import.meta.dirname, 'src/parts/patternfly');

export const patternflyWords: Plugin = {
  name: 'patternfly-words',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source !== PACKAGE || importer === undefined || importer.startsWith(FOLDER)) return null;
    // Nothing but names: who imports one component is not made to load all.
    return { id: join(FOLDER, 'core.ts'), moduleSideEffects: false };
  },
};

/** Builds the console into `console/dist`: two pages, for operators and for tenants, that share what they can; every file with its packed forms beside it. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { bundledPackages } from './bundled-packages.ts';
import { compiledTexts } from './compiled-texts.ts';
import { patternflyWords } from './patternfly-words.ts';

const COMPRESSED = /\.(?:css|js|json|svg)$/;
/** What is smaller goes into one packet as it is. */
const COMPRESSED_FROM_BYTES = 1_024;
/** The last level saves 2 % more and takes three times as long. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };

let output = '';
let isWhole = false;

/** Done once, here, and not by the region at each request; what is there already was packed when it was built. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  configResolved({ root, build }) {
    output = resolve(root, build.outDir);
  },
  buildEnd(error) {
    isWhole = error === undefined;
  },
  async closeBundle() {
    // Called after a failure too, whose own words are the ones to read.
    if (!isWhole) return;
    const names = (await readdir(output, { recursive: true })).filter((name) => COMPRESSED.test(name));
    const there = new Set(await readdir(join(output, 'assets')));
    for (const name of names) {
      if (there.has(`${name.slice('assets/'.length)}.br`)) continue;
      const path = join(output, name);
      if ((await stat(path)).size < COMPRESSED_FROM_BYTES) continue;
      const bytes = await readFile(path);
      await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
      await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, BROTLI));
    }
  },
};

/**
 * What any page needs is one file. Left alone, whatever the same set of pages share becomes a file by itself: the first page asked for ninety of
 * them, which packed larger. Each console's own part, and the pages that ask for either (which would run both), stay by themselves.
 */
const everyPage = {
  name: 'every-page',
  tags: ['$initial' as const],
  test: (id: string) => !/\.html|console\/src\/(?:tenant|operator)\//.test(id),
};

export default defineConfig({
  root: import.meta.dirname,
  // Relative to the page's own <base>, which the region sets: the same files serve every realm.
  base: './',
  plugins: [compiledTexts, patternflyWords, react(), bundledPackages, compressed],
  build: {
    outDir: 'dist',
    // Who is in the middle of a page still asks for what it was built with; the launcher builds into an empty folder beside it.
    emptyOutDir: false,
    // No file within a file: the Content-Security-Policy has no `data:` for scripts or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { codeSplitting: { groups: [everyPage] } },
      input: {
        operator: join(import.meta.dirname, 'operator.html'),
        tenant: join(import.meta.dirname, 'tenant.html'),
      },
    },
  },
});

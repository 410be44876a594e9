/** Writes `packages.json` beside what was built: which npm packages are in it, for the bill of materials of a release. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const FILE = 'packages.json';
const FOLDER = '/node_modules/';

/** `<folder>/node_modules/@scope/name`; undefined for what is of this repository, or of the bundler itself. */
function packageFolder(id: string): string | undefined {
  const at = id.lastIndexOf(FOLDER);
  if (at < 0 || id.startsWith('\0')) return undefined;
  const [scope = '', name = ''] = id.slice(at + FOLDER.length).split('/');
  return join(id.slice(0, at + FOLDER.length), scope, scope.startsWith('@') ? name : '');
}

export const bundledPackages: Plugin = {
  name: 'bundled-packages',
  apply: 'build',
  generateBundle() {
    const folders = new Set([...this.getModuleIds()].flatMap((id) => packageFolder(id) ?? []));
    const packages = [...folders].map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name: string;
        version: string;
        license?: string;
      };
      return { name, version, ...(license === undefined ? {} : { license }) };
    });
    packages.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.emitFile({ type: 'asset', fileName: FILE, source: `${JSON.stringify(packages, null, 1)}\n` });
  },
};

/** A folder that looks like a checkout of Casemate with its packages, as small as can be: what it does when it is run is for the test to say. */
import { hash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LAUNCHER, NODE } from '../tree.ts';

export interface FakeTree {
  readonly version: string;
  /** Files besides those that every release has, or in their place. */
  readonly files?: Readonly<Record<string, string>>;
  /** SQL of each migration, in order. */
  readonly migrations?: readonly string[];
}

/** e_machine of an ELF header for amd64. */
const AMD64 = 62;

function elf(): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(AMD64, 18);
  return header;
}

export async function writeFakeTree(
  folder: string,
  { version, files = {}, migrations = ['-- first'] }: FakeTree,
): Promise<void> {
  const lock = JSON.stringify({
    packages: {
      '': { name: 'casemate', version },
      'node_modules/node': { version: '26.10.0', license: 'MIT' },
      'node_modules/tool': { version: '1.0.0', dev: true },
      console: { name: 'casemate-console', version },
      'node_modules/casemate-console': { resolved: 'console', link: true },
    },
  });
  const all: Record<string, string | Buffer> = {
    LICENSE: 'EUPL\n',
    [LAUNCHER]: '#!/bin/sh\n',
    'package.json': JSON.stringify({ name: 'casemate', version }),
    'package-lock.json': lock,
    'node_modules/.casemate-lock-digest': `${hash('sha256', lock)}\n`,
    [NODE]: elf(),
    'node_modules/node/index.d.ts': 'not needed',
    'node_modules/tool/index.js': 'not needed',
    'src/region/install/packages.json': '[]',
    'src/main.ts': `export const version = '${version}';\n`,
    'src/main.test.ts': 'not needed',
    'docs/page.md': 'not needed',
    'console/src/main.tsx': 'not needed',
    'console/dist/tenant.html': '<!doctype html>',
    'console/dist/packages.json': JSON.stringify([{ name: 'react', version: '19.3.1', license: 'MIT' }]),
    ...Object.fromEntries(
      migrations.map((sql, index) => [
        `src/engines/postgres/migrations/${`${index + 1}`.padStart(4, '0')}-step.sql`,
        sql,
      ]),
    ),
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await chmod(join(folder, LAUNCHER), 0o755);
}

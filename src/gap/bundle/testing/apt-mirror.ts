/** A mirror of a few packages made on the spot, and what tells apt of it and of nothing of this machine. For tests only. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sha256 } from '../descriptor.ts';

const CONTROL = (name: string, more: string) =>
  `Package: ${name}\nVersion: 1.0-1\nArchitecture: all\nMaintainer: A Test <test@example.org>\nDescription: a test\n${more}`;

/** A mirror in a folder, and the settings under which apt fetches from it. */
export async function startAptMirror(t: Pick<TestContext, 'after'>, options = 'trusted=yes') {
  const folder = await mkdtemp(join(tmpdir(), 'apt-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const stanzas: string[] = [];
  await mkdir(join(folder, 'pool'));
  for (const [name, more] of [
    ['casemate-test-tool', 'Depends: casemate-test-library\n'],
    ['casemate-test-library', 'Source: casemate-test (1.0)\n'],
    ['casemate-test-other', ''],
  ] as const) {
    const tree = join(folder, 'build', name);
    await mkdir(join(tree, 'DEBIAN'), { recursive: true });
    await writeFile(join(tree, 'DEBIAN/control'), CONTROL(name, more));
    const filename = `pool/${name}_1.0-1_all.deb`;
    execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, join(folder, filename)], {
      stdio: 'ignore',
    });
    const bytes = await readFile(join(folder, filename));
    const digest = sha256(bytes).replace('sha256:', '');
    stanzas.push(`${CONTROL(name, more)}Filename: ${filename}\nSize: ${bytes.length}\nSHA256: ${digest}\n`);
  }
  await writeFile(join(folder, 'Packages'), stanzas.join('\n'));
  const config = await aptConfig(folder, 'fetch', `deb [${options}] copy:${folder} ./`);
  execFileSync('apt-get', ['-q', 'update'], { env: { ...process.env, APT_CONFIG: config }, stdio: 'ignore' });
  return { folder, config };
}

/** Settings under which apt knows one source and nothing of this machine. */
export async function aptConfig(folder: string, name: string, source: string): Promise<string> {
  for (const part of ['lists/partial', 'cache', 'none'])
    await mkdir(join(folder, name, part), { recursive: true });
  await writeFile(join(folder, name, 'sources.list'), `${source}\n`);
  await writeFile(join(folder, name, 'status'), '');
  const path = join(folder, `${name}.conf`);
  const settings = {
    'Dir::Etc::SourceList': `${name}/sources.list`,
    'Dir::Etc::SourceParts': `${name}/none`,
    'Dir::State::Lists': `${name}/lists`,
    'Dir::State::Status': `${name}/status`,
    'Dir::Cache': `${name}/cache`,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${join(folder, value)}";\n`);
  await writeFile(path, `${lines.join('')}APT::Sandbox::User "root";\nAPT::Install-Recommends "false";\n`);
  return path;
}

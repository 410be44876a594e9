/** For tests: a folder on a connected side, and `casemate bundle` run in it as people type it. Tests only. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type RunResult, runCli } from '../../resources/test-cli.ts';

export interface BundleFolder {
  readonly folder: string;
  /** Options of commands that need it. */
  readonly passphrase: readonly string[];
  path(name: string): string;
  /** Whatever it answers. */
  run(...args: readonly string[]): Promise<RunResult>;
  /** What it prints; it must do well. */
  done(...args: readonly string[]): Promise<string>;
}

/** With those files in it; gone when the test ends. */
export async function bundleFolder(
  t: TestContext,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<BundleFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const given = { ...files, passphrase: 'correct horse battery staple\n' };
  for (const [name, content] of Object.entries(given)) await writeFile(path(name), content);
  const run = (...args: readonly string[]) => runCli(['bundle', ...args], folder, {});
  const done = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  return { folder, passphrase: ['--passphrase-file', path('passphrase')], path, run, done };
}

export interface SignedFolder extends BundleFolder {
  /** Signs a bundle as alice. */
  sign(name: string, ...options: readonly string[]): Promise<string>;
}

/** The same with one signer, alice, and a root that is complete: `roots`. */
export async function folderOfOneSigner(
  t: TestContext,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<SignedFolder> {
  const world = await bundleFolder(t, files);
  const { folder, path, done, passphrase } = world;
  await done('keys', 'new', '--signer', 'alice', '--out', folder, ...passphrase);
  const expires = ['--expires', '2126-01-01T00:00:00Z'];
  await done('root', 'new', path('roots'), '--signer', path('alice.pub.json'), ...expires);
  const key = ['--key', path('alice.key'), ...passphrase];
  await done('root', 'sign', path('roots'), ...key);
  return { ...world, sign: (name, ...options) => done('sign', path(name), ...key, ...options) };
}

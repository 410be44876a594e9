/** What tests of the gap share: a connected side with two signers, and two operators of a region who agree with each other. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { output, runCommand } from './command.ts';
import { type Member, member } from './project.ts';
import type { TestRegion } from './region.ts';

const CASEMATE = join(PROGRAM_FOLDER, 'casemate');
const SIGNERS = ['alice', 'bob'] as const;

export interface ConnectedSide {
  /** The first root, to be carried once. */
  readonly root: string;
  file(name: string): string;
  /** Builds a bundle of those items, signed by both: `NAME-VERSION.bundle`. Versions count by name. Gives its path, and what building it said. */
  bundle(
    name: string,
    version: number,
    items: string,
    ...options: readonly string[]
  ): Promise<{ readonly path: string; readonly said: string }>;
}

/** `env`: of the machine's own apt and npm. */
export async function connectedSide(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ConnectedSide> {
  const file = (name: string) => join(folder, name);
  const bundle = (...args: readonly string[]) =>
    output(runCommand(CASEMATE, ['bundle', ...args], { env, cwd: folder }), `bundle ${args.join(' ')}`);
  writeFileSync(file('passphrase'), 'correct horse battery staple\n');
  const passphrase = ['--passphrase-file', file('passphrase')];
  for (const name of SIGNERS) await bundle('keys', 'new', '--signer', name, '--out', folder, ...passphrase);
  const signers = SIGNERS.flatMap((name) => ['--signer', file(`${name}.pub.json`)]);
  await bundle('root', 'new', file('roots'), ...signers, '--expires', '2126-01-01T00:00:00Z');
  const key = (name: string) => ['--key', file(`${name}.key`), ...passphrase];
  for (const name of SIGNERS) await bundle('root', 'sign', file('roots'), ...key(name));
  return {
    root: file('roots/1.root.json'),
    file,
    async bundle(name, version, items, ...options) {
      const path = file(`${name}-${version}.bundle`);
      const recipe = file(`${name}-${version}.yaml`);
      const head = `name: ${name}\nversion: ${version}\ncreated: 2026-11-22T00:00:00Z\nexpires: 2126-11-22T00:00:00Z\nroots: roots\nitems:\n`;
      writeFileSync(recipe, `${head}${items}`);
      const said = await bundle('build', recipe, '--out', path, ...options);
      for (const signer of SIGNERS) await bundle('sign', path, ...key(signer));
      return { path, said };
    },
  };
}

export interface Operators {
  /** Asks, and does what was agreed to. */
  readonly ann: Member;
  readonly ben: Member;
  /** Ann asks, ben agrees. */
  agree(transition: string, target: string): Promise<void>;
}

export async function twoOperators(
  region: TestRegion,
  [first, second]: readonly [string, string] = ['ann', 'ben'],
): Promise<Operators> {
  const made = async (name: string) => {
    const file = join(region.scratch, name);
    await region.casemate('user', 'create', name, '--role', 'region-operator', '--out', file);
    return member(region, file);
  };
  const [ann, ben] = await Promise.all([made(first), made(second)]);
  return {
    ann,
    ben,
    async agree(transition, target) {
      const asked = await ann.casemate('approval', 'request', transition, target, '--reason', 'as planned');
      await ben.casemate('approval', 'approve', /\/(\S+) created/.exec(asked)?.[1] ?? '');
    },
  };
}

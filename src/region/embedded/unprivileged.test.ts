/** Programs run as the account they should, also from a folder that is closed to it. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findAccount } from './accounts.ts';
import { asAccount, checkProgramReadable, withProgram } from './unprivileged.ts';

const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 };

/** A checkout with one program in it, in a folder of the given mode; and an empty folder for it to show in. */
function openCheckout(t: TestContext, mode: number) {
  const folder = mkdtempSync(join(tmpdir(), 'program-'));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'home/checkout');
  const place = join(folder, 'place');
  mkdirSync(program, { recursive: true });
  mkdirSync(place);
  writeFileSync(
    join(program, 'say.sh'),
    'echo "$(id -u) $1"; touch "$(dirname "$0")/new" 2>/dev/null || echo unwritable\n',
  );
  chmodSync(join(folder, 'home'), mode);
  return { program, place };
}

function run(program: string, place: string): string {
  const wrapped = withProgram(
    place,
    asAccount(NOBODY, { command: '/bin/sh', args: [join(program, 'say.sh'), 'hello'] }),
    program,
  );
  return execFileSync(wrapped.command, [...wrapped.args], { encoding: 'utf8' });
}

test('a program in an open folder runs from there', (t) => {
  const { program, place } = openCheckout(t, 0o755);
  assert.equal(run(program, place), '65534 hello\nunwritable\n');
});

test('a program in a folder closed to its account runs too, and leaves no mount', (t) => {
  const { program, place } = openCheckout(t, 0o700);
  assert.equal(run(program, place), '65534 hello\nunwritable\n');
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(place));
});

test('a program whose files are closed to others is refused with what to type', (t) => {
  const { program } = openCheckout(t, 0o755);
  for (const path of ['src/region/process.ts', 'node_modules/node/bin/node', 'package.json']) {
    mkdirSync(join(program, path, '..'), { recursive: true });
    writeFileSync(join(program, path), '');
  }
  chmodSync(join(program, 'package.json'), 0o600);
  assert.throws(() => checkProgramReadable(program), {
    message: `${program}/package.json can only be read by its owner, and the region runs as an account of its own: chmod -R go+rX ${program}`,
  });
});

test('accounts are found by their whole name', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/bash\ncasemate-db:x:998:997::/nonexistent:/usr/sbin/nologin\n';
  assert.deepEqual(findAccount('casemate-db', passwd), { name: 'casemate-db', uid: 998, gid: 997 });
  assert.equal(findAccount('casemate', passwd), undefined);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { PROGRAM_FOLDER } from '#region/program.ts';
import { ownCommand, shellWord } from './own-command.ts';

const PATH = '/usr/local/bin:/usr/bin';

test('the command is called as it was typed, and by its name alone when the shell finds it so', () => {
  assert.equal(ownCommand({ PATH, CASEMATE_COMMAND: './casemate' }), './casemate');
  assert.equal(ownCommand({ PATH, CASEMATE_COMMAND: '/opt/casemate/casemate' }), '/opt/casemate/casemate');
  assert.equal(ownCommand({ PATH, CASEMATE_COMMAND: '/usr/local/bin/casemate' }), 'casemate');
  assert.equal(ownCommand({ PATH }), 'casemate');
});

test('what a shell would take apart is quoted', () => {
  assert.equal(ownCommand({ PATH, CASEMATE_COMMAND: '/my cloud/casemate' }), "'/my cloud/casemate'");
  assert.equal(shellWord("it's"), `'it'\\''s'`);
  assert.equal(shellWord(''), "''");
});

test('a suggestion after ./casemate can be typed as it stands', async () => {
  const env = { ...process.env, CASEMATE_COMMAND: undefined, KUBECONFIG: '/nothing/here:/nor/here' };
  const said = await new Promise<string>((resolve) => {
    execFile('./casemate', ['get', 'instances'], { cwd: PROGRAM_FOLDER, env }, (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
  assert.match(said, /`\.\/casemate up` prints where the operator’s is/);
});

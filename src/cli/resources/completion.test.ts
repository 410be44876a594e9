import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Command } from 'commander';
import { registerLedgerCommands } from '../ledger/register.ts';
import { completionScript, readTyped, staticCandidates } from './completion.ts';
import { registerResourceCommands } from './register.ts';

const program = new Command('casemate');
registerResourceCommands(program);
registerLedgerCommands(program);

const candidates = (...words: string[]) => staticCandidates(readTyped(program, words));

test('commands complete, those below a command too', () => {
  assert.ok(candidates('')?.includes('describe'));
  assert.ok(!candidates('')?.includes('__complete'));
  const ledger = ['show', 'verify', 'prove', 'check-receipt', 'export', 'compare', 'check-evidence', 'key'];
  assert.deepEqual(candidates('ledger', ''), ledger);
  assert.deepEqual(candidates('completion', ''), ['bash', 'zsh']);
});

test('options complete, and their values where they are known', () => {
  assert.ok(candidates('get', 'instances', '--')?.includes('--all-projects'));
  assert.ok(!candidates('get', '-')?.includes('--namespace'));
  assert.deepEqual(candidates('get', '-o', ''), ['table', 'wide', 'json', 'yaml', 'name']);
  assert.deepEqual(candidates('get', '-l', ''), []);
});

test('types, names and projects are asked of the server', () => {
  assert.equal(candidates('get', ''), undefined);
  assert.equal(candidates('get', 'instances', ''), undefined);
  assert.equal(candidates('exec', ''), undefined);
  assert.equal(candidates('get', 'instances', '-n', ''), undefined);
  assert.deepEqual(readTyped(program, ['get', '-n', 'shop', 'instances', 'w']).options, { project: 'shop' });
});

test('the bash script is one that bash reads', () => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: completionScript('bash'), encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  assert.match(completionScript('zsh'), /^#compdef casemate/);
  assert.throws(() => completionScript('fish'), { exitCode: 2 });
});

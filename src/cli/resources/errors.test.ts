import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbidden, invalid, notFound } from '#kernel/errors.ts';
import { ApiError, CliError, describeError, exitCodeOf, usageError } from './errors.ts';

test('an invalid object is told field by field', () => {
  const status = invalid({ kind: 'Instance', name: 'web' }, [
    { reason: 'FieldValueInvalid', field: 'spec.memory', message: 'must be at least 64Mi' },
    { reason: 'FieldValueRequired', field: 'spec.image', message: 'is required' },
  ]).toStatus();
  assert.deepEqual(describeError(new ApiError(status)), [
    'error: Instance "web" is invalid:',
    '  spec.memory: must be at least 64Mi',
    '  spec.image: is required',
  ]);
});

test('exit codes tell scripts what happened', () => {
  assert.equal(exitCodeOf(new ApiError(notFound({ kind: 'Instance', name: 'web' }).toStatus())), 3);
  assert.equal(exitCodeOf(new ApiError(forbidden({ kind: 'Instance' }, 'no').toStatus())), 4);
  assert.equal(exitCodeOf(new ApiError({ code: 401, reason: 'Unauthorized' })), 4);
  assert.equal(exitCodeOf(new ApiError({ code: 409, reason: 'AlreadyExists' })), 5);
  assert.equal(exitCodeOf(new ApiError({ code: 409, reason: 'Conflict' })), 5);
  assert.equal(exitCodeOf(new ApiError({ code: 502 })), 1);
  assert.equal(exitCodeOf(usageError('which?')), 2);
  assert.equal(exitCodeOf(new Error('bug')), 1);
});

test('a hint follows the error it belongs to', () => {
  assert.deepEqual(describeError(new CliError('no', { hint: 'try yes' })), ['error: no', '  try yes']);
});

test('what is wrong with a file is told in words, once', () => {
  const told = (message: string) => describeError(new Error(message))[0];
  const missing = "ENOENT: no such file or directory, open '/m/a.yaml'";
  assert.equal(told(missing), 'error: /m/a.yaml is not there');
  assert.equal(told(`/m/a.yaml: ${missing}`), 'error: /m/a.yaml is not there');
  assert.equal(
    told(`cannot read the kubeconfig /m/a.yaml: ${missing}`),
    'error: cannot read the kubeconfig /m/a.yaml: it is not there',
  );
  assert.equal(told(`notes: ${missing}`), 'error: notes: /m/a.yaml is not there');
  assert.equal(
    told("EACCES: permission denied, scandir '/m'; try again"),
    "error: EACCES: permission denied, scandir '/m'; try again",
  );
});

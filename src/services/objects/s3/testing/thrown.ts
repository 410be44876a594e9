/** For tests: what an action throws, by its code of S3. Whatever else it throws fails the test. */
import assert from 'node:assert/strict';
import { S3Error } from '../errors.ts';

/** `none` where it throws nothing. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof S3Error, String(error));
    return error.code;
  }
  return 'none';
}

export async function codeOfAsync(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return codeOf(() => {
    if (error !== undefined) throw error;
  });
}

import { test } from 'node:test';
import { killAt } from './testing/kills.ts';

test('killed while it stores and deletes: what was acknowledged is whole, the rest is invisible, and no room is lost', () =>
  killAt([1, 3, 8, 19, 40]));

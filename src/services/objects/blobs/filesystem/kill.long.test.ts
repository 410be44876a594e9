import { test } from 'node:test';
import { killAt } from './testing/kills.ts';

test('killed at two hundred moments while it stores and deletes, nothing that was acknowledged is lost, and no room is', () =>
  killAt(Array.from({ length: 200 }, (_, at) => 1 + ((at * 37) % 97))));

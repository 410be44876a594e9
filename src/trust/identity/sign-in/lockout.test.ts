import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Counter,
  type CounterType,
  FIRST_WAIT_MS,
  FREE_ATTEMPTS,
  turnOf,
  WAIT_MAX_MS,
} from './lockout.ts';

const SEED = { seed: 4, numRuns: 300 };
const types = fc.constantFrom<CounterType>('user', 'device', 'address');
const DAY_MS = 24 * 3_600_000;

describe('how often a password may be tried', () => {
  it('the first few at once, then after twice as long each time, up to a quarter of an hour', () => {
    let counter: Counter | undefined;
    let now_ms = 0;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 14; attempt++) {
      const turn = turnOf(counter, 'user', now_ms);
      assert.ok(turn.allowed);
      counter = turn.next;
      waits.push((counter.until_ms - now_ms) / 1000);
      now_ms = Math.max(now_ms, counter.until_ms);
    }
    assert.deepEqual(waits, [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900, 900]);
  });

  it('what comes before its time is refused, told how long to wait, and changes nothing', () => {
    const counter = { attempts: 9, until_ms: 60_000 };
    assert.deepEqual(turnOf(counter, 'user', 59_999), { allowed: false, wait_ms: 1 });
    assert.equal(turnOf(counter, 'user', 60_000).allowed, true);
  });

  it('nobody ever waits longer than the longest wait, however often was tried: nobody is kept out for ever', () => {
    fc.assert(
      fc.property(types, fc.nat(1_000_000), fc.nat(10 * DAY_MS), (type, attempts, now_ms) => {
        const turn = turnOf({ attempts, until_ms: now_ms }, type, now_ms);
        assert.ok(turn.allowed);
        assert.ok(turn.next.until_ms - now_ms <= WAIT_MAX_MS);
      }),
      SEED,
    );
  });

  it('in a day nobody tries more often than the waits allow, however they spread their attempts', () => {
    const gaps = fc.array(fc.nat(2 * WAIT_MAX_MS), { minLength: 50, maxLength: 400 });
    fc.assert(
      fc.property(gaps, (between) => {
        let counter: Counter | undefined;
        let now_ms = 0;
        let allowed = 0;
        for (const gap of between) {
          now_ms += gap;
          if (now_ms > DAY_MS) break;
          const turn = turnOf(counter, 'user', now_ms);
          if (!turn.allowed) continue;
          allowed += 1;
          counter = turn.next;
        }
        // Free ones, those on the way to the longest wait, and one for each longest wait of a day.
        assert.ok(
          allowed <= FREE_ATTEMPTS.user + Math.log2(WAIT_MAX_MS / FIRST_WAIT_MS) + 1 + DAY_MS / WAIT_MAX_MS,
        );
      }),
      SEED,
    );
  });
});

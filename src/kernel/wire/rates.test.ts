import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../access.ts';
import { isStatusError } from '../errors.ts';
import { ManualClock } from '../store/manual-clock.ts';
import { evenShare, FairShare } from './fair-share.ts';
import { Rates, REFUSAL_DELAY_MS } from './rates.ts';

const actor = (name: string): Actor => ({
  realm: '/orgs/acme',
  name,
  groups: [],
  credential: 'certificate:1',
});

/** What became of promises, as far as it is known. */
function watched(promises: readonly Promise<unknown>[]) {
  const outcomes: string[] = promises.map(() => 'waits');
  promises.forEach((promise, index) => {
    promise.then(
      () => {
        outcomes[index] = 'goes on';
      },
      (error: unknown) => {
        outcomes[index] = isStatusError(error)
          ? `${error.code}, in ${error.details?.retryAfterSeconds} s`
          : String(error);
      },
    );
  });
  return outcomes;
}

describe('the rate of one user', () => {
  it('takes a burst at once, then lets requests wait for their turn, and refuses what is much too fast, later', async () => {
    const clock = new ManualClock();
    const rates = new Rates(clock, { perSecond: 10, burst: 5 });
    const outcomes = watched(Array.from({ length: 17 }, () => rates.admit(actor('alice'))));
    await clock.advance(0);
    assert.deepEqual(outcomes.slice(0, 7), [...Array(5).fill('goes on'), 'waits', 'waits']);
    await clock.advance(100);
    assert.deepEqual(outcomes.slice(5, 7), ['goes on', 'waits']);
    await clock.advance(900);
    assert.deepEqual(outcomes.slice(6, 15), Array(9).fill('goes on'));
    await clock.advance(REFUSAL_DELAY_MS);
    assert.deepEqual(outcomes.slice(15), ['429, in 2 s', '429, in 2 s']);
  });

  it('is nobody else’s, and comes back with time', async () => {
    const clock = new ManualClock();
    const rates = new Rates(clock, { perSecond: 10, burst: 1 });
    const first = watched([
      rates.admit(actor('alice')),
      rates.admit(actor('alice')),
      rates.admit(actor('bob')),
    ]);
    await clock.advance(0);
    assert.deepEqual(first, ['goes on', 'waits', 'goes on']);
    await clock.advance(10_000);
    const later = watched([rates.admit(actor('alice'))]);
    await clock.advance(0);
    assert.deepEqual(later, ['goes on']);
  });
});

describe('the shares of realms', () => {
  /** A minute of one realm that asks `flood` times each 10 ms, beside one that asks once. */
  async function minute(load: () => number, company: boolean) {
    const clock = new ManualClock();
    const shares = new FairShare({ clock, load });
    let [floodServed, otherWaited] = [0, 0];
    for (let step = 0; step < 600; step++) {
      for (let i = 0; i < 20; i++) {
        const turn = shares.enter('/orgs/flood', 'GET');
        if (turn === undefined) floodServed += 1;
        else
          turn.then(
            () => (floodServed += 1),
            () => {},
          );
      }
      if (company && shares.enter('/orgs/quiet', 'GET') !== undefined) otherWaited += 1;
      await clock.advance(10);
    }
    return { floodServed, otherWaited };
  }

  it('a realm alone is never held back, however busy it makes the process', async () => {
    assert.deepEqual(await minute(() => 1, false), { floodServed: 12_000, otherWaited: 0 });
  });

  it('in company, and with the process busy, who asks most waits in line; who asks little never does', async () => {
    const { floodServed, otherWaited } = await minute(() => 0.9, true);
    assert.equal(otherWaited, 0);
    assert.ok(floodServed < 1_500, String(floodServed));
  });

  it('who asks little does not become who asks most once the flood is held back', async () => {
    const clock = new ManualClock();
    const shares = new FairShare({ clock, load: () => 0.9 });
    let quietWaited = 0;
    // As many clients as can wait, each with one request: what is let in comes again.
    const ask = (): void => {
      const turn = shares.enter('/orgs/flood', 'GET');
      if (turn) turn.then(ask, () => {});
      else clock.after(1, ask);
    };
    for (let i = 0; i < 200; i++) ask();
    for (let step = 0; step < 1_000; step++) {
      if (shares.enter('/orgs/quiet', 'GET') !== undefined) quietWaited += 1;
      await clock.advance(8);
    }
    assert.equal(quietWaited, 0);
  });

  it('who asked before the flood was there is not held with it: at most until the flood asks', async () => {
    const clock = new ManualClock();
    let busy = 0.9;
    const shares = new FairShare({ clock, load: () => busy });
    let quietWaited = 0;
    const quiet = async (steps: number) => {
      quietWaited = 0;
      for (let step = 0; step < steps; step++) {
        if (shares.enter('/orgs/quiet', 'GET') !== undefined) quietWaited += 1;
        await clock.advance(6);
      }
    };
    // Its connections keep the process busy before they ask anything much.
    for (let look = 0; look < 10; look++) {
      void shares.enter('/orgs/flood', 'GET');
      await quiet(17);
    }
    assert.ok(quietWaited > 0);
    const ask = (): void => {
      const turn = shares.enter('/orgs/flood', 'GET');
      if (turn) turn.then(ask, () => {});
      else clock.after(1, ask);
    };
    for (let i = 0; i < 200; i++) ask();
    await quiet(50);
    // As busy as shares leave a process in a flood.
    busy = 0.2;
    await quiet(500);
    assert.equal(quietWaited, 0);
  });

  it('many that ask little are not held for asking more than the least', async () => {
    const clock = new ManualClock();
    const shares = new FairShare({ clock, load: () => 0.9 });
    let waited = 0;
    for (let step = 0; step < 100; step++) {
      for (let i = 0; i < 40; i++) void shares.enter('/orgs/flood', 'GET');
      for (let i = 0; i < 100; i++) {
        // One a second each, and a few a hundred a second.
        const isOften = i < 5;
        if (!isOften && (step + i) % 100 !== 0) continue;
        if (shares.enter(`/orgs/quiet-${i}`, 'GET') !== undefined) waited += 1;
      }
      await clock.advance(10);
    }
    assert.equal(waited, 0);
  });

  it('an even share is what nobody who wants less goes without', () => {
    assert.equal(evenShare([1, 2, 3], 6), Number.POSITIVE_INFINITY);
    assert.equal(evenShare([100, 1, 2], 13), 10);
    assert.equal(evenShare([10, 10], 10), 5);
    assert.equal(evenShare([], 5), Number.POSITIVE_INFINITY);
    assert.equal(evenShare([1], 0), 0);
  });

  it('nobody is held back while there is room', async () => {
    assert.deepEqual(await minute(() => 0.2, true), { floodServed: 12_000, otherWaited: 0 });
  });

  it('a realm that was held back goes free when the others have gone', async () => {
    const clock = new ManualClock();
    const shares = new FairShare({ clock, load: () => 0.9 });
    const enter = () => {
      for (let i = 0; i < 50; i++) void shares.enter('/orgs/flood', 'GET');
    };
    for (let step = 0; step < 20; step++) {
      enter();
      shares.enter('/orgs/quiet', 'GET');
      await clock.advance(20);
    }
    assert.notEqual(shares.enter('/orgs/flood', 'GET'), undefined);
    for (let step = 0; step < 100; step++) {
      void shares.enter('/orgs/flood', 'GET');
      await clock.advance(20);
    }
    assert.equal(shares.enter('/orgs/flood', 'GET'), undefined);
  });
});

/**
 * Claims over a real PostgreSQL: one holder at a time, whoever stops, is cut off, or gets no answer any more.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { HeldClaim } from '#kernel/claim.ts';
import { ManualClock } from '#kernel/store/manual-clock.ts';
import { PostgresClaims } from './claims.ts';
import { startTestPostgres, type TestPostgres } from './test-cluster.ts';

describe('claims', () => {
  let server: TestPostgres;
  let admin: pg.Client;
  /** Who holds the claim, in the order they got and lost it. */
  let history: string[] = [];
  const heard = new EventTarget();

  before(async () => {
    server = await startTestPostgres();
    admin = new pg.Client({ ...server.connection });
    await admin.connect();
  });
  after(async () => {
    await admin.end();
    await server.stop();
  });

  const note = (what: string) => {
    history.push(what);
    heard.dispatchEvent(new Event(what));
  };

  /** Resolves when that is in the history. */
  async function seen(what: string): Promise<void> {
    if (!history.includes(what)) await once(heard, what);
  }

  function contend(name: string, who: string, clock = new ManualClock()): HeldClaim {
    const claims = new PostgresClaims({
      connection: server.connection,
      clock,
      onFault: () => note(`${who} fault`),
    });
    return claims.hold(name, async (lost) => {
      note(`${who} leads`);
      if (!lost.aborted) await once(lost, 'abort');
      note(`${who} stops`);
    });
  }

  const holders = async (name: string): Promise<number[]> => {
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = (hashtext($1)::bigint & 4294967295)::oid`,
      [name],
    );
    return rows.map(({ pid }) => pid);
  };

  it('go to one, and to the next only when that one has stopped', async () => {
    history = [];
    const one = contend('a', 'one');
    await seen('one leads');
    const two = contend('a', 'two');
    const other = contend('another', 'other');
    await seen('other leads');
    assert.deepEqual([one.held, two.held, other.held], [true, false, true]);
    await one.release();
    await seen('two leads');
    assert.deepEqual(history, ['one leads', 'other leads', 'one stops', 'two leads']);
    await Promise.all([two.release(), other.release()]);
    assert.deepEqual([one.held, two.held], [false, false]);
  });

  it('are lost with the connection, and asked for again', async () => {
    history = [];
    const clock = new ManualClock();
    const one = contend('b', 'one', clock);
    await seen('one leads');
    const two = contend('b', 'two');
    await admin.query('SELECT pg_terminate_backend($1)', [(await holders('b'))[0]]);
    await Promise.all([seen('one stops'), seen('two leads')]);
    await two.release();
    history = [];
    const again = seen('one leads');
    while (!history.includes('one leads')) await clock.advance(500);
    await again;
    await one.release();
  });

  it('are lost when the database gives no answer for four seconds', async () => {
    history = [];
    const clock = new ManualClock();
    const one = contend('c', 'one', clock);
    await seen('one leads');
    const [pid = 0] = await holders('c');
    process.kill(pid, 'SIGSTOP');
    try {
      await clock.advance(3_999);
      assert.deepEqual(history, ['one leads']);
      // A question asked before it stopped may have counted until now.
      await clock.advance(1_001);
      await seen('one stops');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await one.release();
  });

  it('that are waited for can be given up', async () => {
    history = [];
    const one = contend('d', 'one');
    await seen('one leads');
    await contend('d', 'two').release();
    assert.deepEqual(history, ['one leads']);
    await one.release();
  });
});

/**
 * The agent over its socket, with real nftables in a network namespace of its own. Needs root.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startAgent } from './agent.ts';
import { FilterError, filterClient } from './client.ts';
import { type FilterModel, modelDigest } from './model.ts';
import { portPrefix } from './names.ts';
import { encodeFrame, FRAME_MAX_BYTES, readFrame } from './protocol.ts';
import { Lab, labProblem } from './testing/lab.ts';

const REGION = 'lab-2';

function modelWith(bridges: number): FilterModel {
  return {
    format: 1,
    region: REGION,
    outbound: false,
    zones: Array.from({ length: bridges }, (_, n) => ({
      bridges: [
        { name: `cm${n.toString(16).padStart(12, '0')}`, cidr: `10.64.${n}.0/24`, gateway: `10.64.${n}.1` },
      ],
      endpoints: [
        {
          port: `${portPrefix(REGION)}${n.toString(16).padStart(10, '0')}`,
          mac: '02:00:00:00:00:01',
          address: `10.64.${n}.2`,
          bridge: `cm${n.toString(16).padStart(12, '0')}`,
        },
      ],
      sets: [],
      deny: [],
      egress: [],
      ingress: [],
      forwards: [],
    })),
  };
}

describe('the agent', { skip: labProblem() }, () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.open(REGION, { bridgeNetfilter: false });
  });
  after(() => lab?.close());

  it('holds no capability but CAP_NET_ADMIN, and can gain none', async () => {
    const status = await lab.agentStatus();
    const NET_ADMIN = '0000000000001000';
    assert.equal(/^CapEff:\t(.*)$/m.exec(status)?.[1], NET_ADMIN);
    assert.equal(/^CapPrm:\t(.*)$/m.exec(status)?.[1], NET_ADMIN);
    assert.equal(/^CapBnd:\t(.*)$/m.exec(status)?.[1], NET_ADMIN);
    assert.equal(/^NoNewPrivs:\t(.*)$/m.exec(status)?.[1], '1');
  });

  it('has a socket for its own user and group only', () => {
    assert.equal(statSync(lab.socket).mode & 0o777, 0o660);
  });

  it('says what is in force, and which bridges are not there yet', async () => {
    assert.deepEqual(await lab.filter.state(), { absentBridges: [] });
    const digest = modelDigest(modelWith(2));
    const state = { digest, absentBridges: ['cm000000000000', 'cm000000000001'] };
    assert.deepEqual(await lab.filter.apply(modelWith(2)), state);
    assert.deepEqual(await lab.filter.state(), state);
    await lab.bridge('cm000000000000', '10.64.0.0/24', '10.64.0.1');
    assert.deepEqual(await lab.filter.state(), { digest, absentBridges: ['cm000000000001'] });
  });

  it('reads what is in force from the kernel, not from memory', async () => {
    await lab.filter.apply(modelWith(1));
    await lab.exec('nft', 'delete table bridge casemate_lab_2');
    assert.deepEqual(await lab.filter.state(), { absentBridges: [] });
    await lab.filter.apply(modelWith(1));
    assert.equal((await lab.filter.state()).digest, modelDigest(modelWith(1)));
  });

  it('refuses a wrong model with its place named, and leaves in force what was', async () => {
    await lab.filter.apply(modelWith(1));
    const wrong = { ...modelWith(1), region: 'other' };
    await assert.rejects(lab.filter.apply(wrong), (error: unknown) => {
      assert.ok(error instanceof FilterError);
      assert.equal(error.reason, 'InvalidModel');
      assert.equal(error.message, '/region: this agent serves lab-2 only');
      return true;
    });
    assert.equal((await lab.filter.state()).digest, modelDigest(modelWith(1)));
  });

  it('applies many models at once one after the other, whole', async () => {
    await Promise.all([1, 2, 3, 4].map((n) => lab.filter.apply(modelWith(n))));
    const digests = [1, 2, 3, 4].map((n) => modelDigest(modelWith(n)));
    assert.ok(digests.includes((await lab.filter.state()).digest ?? ''));
  });

  for (const [what, frame] of [
    ['nothing', Buffer.alloc(0)],
    ['half a message', encodeFrame({ operation: 'state' }).subarray(0, 9)],
    [
      'two messages',
      Buffer.concat([encodeFrame({ operation: 'state' }), encodeFrame({ operation: 'state' })]),
    ],
    ['what is not JSON', Buffer.from([0, 0, 0, 2, 0x7b, 0x7b])],
    ['an unknown operation', encodeFrame({ operation: 'run', text: 'flush ruleset' })],
    ['a message that is no object', encodeFrame(null)],
    ['a length past the bound', Buffer.from([0xff, 0xff, 0xff, 0xff, 0])],
  ] as const) {
    it(`answers ${what} with a refusal, and serves on`, async () => {
      const socket = connect(lab.socket);
      socket.end(frame);
      const answer = (await readFrame(socket)) as { ok: boolean; reason?: string };
      socket.destroy();
      assert.equal(answer.ok, false);
      assert.equal(answer.reason, 'BadRequest');
      assert.equal((await lab.filter.state()).digest === undefined, false);
    });
  }

  it('a message that is too long is not even sent', () => {
    assert.throws(() => encodeFrame('x'.repeat(FRAME_MAX_BYTES)), RangeError);
  });

  it('that starts again puts the last model in force, before anybody asks', async () => {
    await lab.filter.apply(modelWith(2));
    // As after a reboot.
    await lab.exec('nft', 'flush', 'ruleset');
    await lab.restartAgent();
    assert.equal((await lab.filter.state()).digest, modelDigest(modelWith(2)));
    await lab.filter.clear();
    await lab.restartAgent();
    assert.deepEqual(await lab.filter.state(), { absentBridges: [] });
  });

  it('does not start where others may write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cmlab-open-'));
    try {
      mkdirSync(join(folder, 'run'));
      chmodSync(join(folder, 'run'), 0o777);
      await assert.rejects(
        startAgent({ socket: join(folder, 'run', 's'), region: REGION }),
        /must be a folder that belongs to the agent's user and that nobody else may write to/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that is not there is an error that says where it should be', async () => {
    const client = filterClient('/nonexistent/filter.sock');
    await assert.rejects(client.state(), (error: unknown) => {
      assert.ok(error instanceof FilterError);
      assert.equal(error.reason, 'Unreachable');
      assert.match(error.message, /\/nonexistent\/filter\.sock/);
      return true;
    });
  });
});

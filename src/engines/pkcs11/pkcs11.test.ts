import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey, hash, verify } from 'node:crypto';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '#kernel/clock.ts';
import { isStatusError } from '#kernel/errors.ts';
import { readPin } from './agent.ts';
import { hsmClient } from './client.ts';
import { PIN, type SoftHsm, startSoftHsm, TOKEN } from './testing/softhsm.ts';

const run = promisify(execFile);
const bytes = (text: string) => Buffer.from(text);
const LOSE_SESSION = fileURLToPath(new URL('./testing/lose-session.ts', import.meta.url));

const silent = (words: RegExp) => (error: unknown) => {
  assert.ok(isStatusError(error, 'ServiceUnavailable'), String(error));
  assert.match(error.message, words);
  return true;
};

describe('an HSM behind its agent, by PKCS#11 with SoftHSM2', () => {
  let hsm: SoftHsm;
  before(async () => {
    hsm = await startSoftHsm({ operationLimit_ms: 3_000 });
  });
  after(() => hsm.close());

  it('says what it is, in its own words', async () => {
    const { manufacturer, model, token } = await hsm.client.info();
    assert.deepEqual([manufacturer, model, token], ['SoftHSM project', 'SoftHSM v2', TOKEN]);
  });

  it('makes a key once, encrypts with it, and opens neither what was changed nor what was bound elsewhere', async () => {
    const key = { label: 'data', group: 'one' };
    await Promise.all([1, 2, 3].map(() => hsm.client.make(key, 'AES-256-GCM')));
    const sealed = (await hsm.client.seal('data', bytes('hello'), bytes('here'))) ?? Buffer.alloc(0);
    assert.equal(sealed.length, 12 + 5 + 16);
    assert.equal(String(await hsm.client.open('data', sealed, bytes('here'))), 'hello');
    assert.equal(await hsm.client.open('data', sealed, bytes('there')), undefined);
    for (const at of [0, 13, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(await hsm.client.open('data', changed, bytes('here')), undefined, `byte ${at}`);
    }
    assert.equal(String(await hsm.client.open('data', sealed, bytes('here'))), 'hello');
    const empty = (await hsm.client.seal('data', Buffer.alloc(0), Buffer.alloc(0))) ?? Buffer.alloc(0);
    assert.equal((await hsm.client.open('data', empty, Buffer.alloc(0)))?.length, 0);
    assert.equal(await hsm.client.seal('nobody', bytes('x'), bytes('')), undefined);
  });

  it('keeps keys where nobody can take them out', async () => {
    await hsm.client.make({ label: 'stays', group: 'one' }, 'AES-256-GCM');
    const env = { ...process.env, ...hsm.environment };
    const show = ['--module', hsm.module, '--token-label', TOKEN, '--login', '--pin', PIN];
    const { stdout } = await run('pkcs11-tool', [...show, '--list-objects', '--type', 'secrkey'], { env });
    const about = stdout.split(/Secret Key Object/).find((text) => text.includes('stays')) ?? '';
    assert.match(about, /Access:\s+sensitive, always sensitive, never extractable/);
  });

  it('signs so that its public half verifies, on both curves', async () => {
    for (const [algorithm, digest, size] of [
      ['P-256', 'sha256', 32],
      ['P-384', 'sha384', 48],
    ] as const) {
      const label = `sign ${algorithm}`;
      const point = await hsm.client.make({ label, group: 'two' }, algorithm);
      assert.deepEqual(await hsm.client.make({ label, group: 'two' }, algorithm), point);
      assert.equal(point?.x.length, size);
      const signature = await hsm.client.sign(label, hash(digest, 'deed', 'buffer'));
      const part = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString('base64url');
      const jwk = { kty: 'EC', crv: algorithm, x: part(point?.x), y: part(point?.y) };
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      assert.ok(verify(digest, bytes('deed'), { key, dsaEncoding: 'ieee-p1363' }, signature ?? bytes('')));
    }
  });

  it('authenticates, gives random bytes, and destroys a key or a group of them', async () => {
    await hsm.client.make({ label: 'mac', group: 'three' }, 'HMAC-SHA-256');
    const mac = await hsm.client.mac('mac', bytes('cookie'));
    assert.deepEqual([mac?.length, await hsm.client.mac('mac', bytes('cookie'))], [32, mac]);
    assert.equal((await hsm.client.random(24)).length, 24);
    await hsm.client.destroyGroup('three');
    assert.equal(await hsm.client.mac('mac', bytes('cookie')), undefined);
    await hsm.client.destroy('mac');
  });

  it('a session that is lost in the middle is opened again within the operation', async () => {
    const args = ['--experimental-ffi', '--no-warnings', LOSE_SESSION, hsm.module, TOKEN, PIN];
    const env = { ...process.env, ...hsm.environment };
    const { stdout } = await run(process.execPath, args, { env });
    assert.equal(stdout, 'before before\n');
  });

  it('a module that crashes fails what was under way with a clear error, and the next operation works', async () => {
    await hsm.client.make({ label: 'crash', group: 'four' }, 'AES-256-GCM');
    const { pid } = hsm.agent.host() ?? {};
    assert.ok(pid);
    process.kill(pid, 'SIGSTOP');
    const underWay = hsm.client.seal('crash', bytes('x'), bytes(''));
    const failed = assert.rejects(underWay, silent(/"softhsm" does not answer: the module’s process ended/));
    process.kill(pid, 'SIGKILL');
    await failed;
    assert.ok(await hsm.client.seal('crash', bytes('x'), bytes('')));
    assert.notEqual(hsm.agent.host()?.pid, pid);
  });

  it('a module that hangs is ended after the bound of an operation, and the next operation works', async () => {
    const { pid } = hsm.agent.host() ?? {};
    assert.ok(pid);
    process.kill(pid, 'SIGSTOP');
    await assert.rejects(
      hsm.client.seal('crash', bytes('x'), bytes('')),
      silent(/the module did not answer within 3000 ms/),
    );
    assert.ok(await hsm.client.seal('crash', bytes('x'), bytes('')));
  });

  it('an HSM that is switched off is said to be so, and works again by itself when it is back', async () => {
    const sealed = (await hsm.client.seal('crash', bytes('kept'), bytes(''))) ?? bytes('');
    await hsm.unplug();
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(hsm.client.open('crash', sealed, bytes('')), silent(/does not answer/));
    }
    await hsm.plug();
    let opened: Buffer | undefined;
    while (!opened) opened = await hsm.client.open('crash', sealed, bytes('')).catch(() => undefined);
    assert.equal(String(opened), 'kept');
  });

  it('an agent that is not there is said to be so', async () => {
    const client = hsmClient('absent', join(hsm.folder, 'nowhere.sock'), systemClock);
    await assert.rejects(client.info(), silent(/the HSM "absent" does not answer/));
  });

  it('takes the PIN from a file that nobody else can read, or from whoever owns the HSM', async () => {
    const path = join(hsm.folder, 'pin');
    await writeFile(path, `${PIN}\n`, { mode: 0o600 });
    assert.equal(await readPin(path), PIN);
    await chmod(path, 0o640);
    await assert.rejects(readPin(path), /must be a plain file of mode 0600/);

    const owned = await startSoftHsm({ name: 'owned', withoutPin: true });
    await assert.rejects(owned.client.info(), silent(/nobody has given its PIN yet/));
    await assert.rejects(owned.client.login('wrong'), silent(/CKR_PIN_INCORRECT/));
    assert.equal((await owned.client.login(PIN)).token, TOKEN);
    assert.equal((await owned.client.random(8)).length, 8);
    assert.equal((await stat(join(owned.folder, 'agent.sock'))).mode & 0o777, 0o660);
    await owned.close();
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  HASH_PARAMETERS,
  HASHES_AT_ONCE_MAX,
  HASHES_WAITING_MAX,
  openPasswords,
  passwordProblem,
} from './passwords.ts';

const PASSWORD = 'turnip lantern orbit';

describe('passwords', () => {
  it('are kept as argon2id with their own salt, and only the right one fits', async () => {
    const passwords = openPasswords();
    const [one, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)]);
    assert.notEqual(one.hash, other.hash);
    const { memory_KiB, passes, lanes } = one;
    assert.deepEqual({ memory_KiB, passes, lanes }, HASH_PARAMETERS);
    assert.equal(JSON.stringify(one).includes('turnip'), false);
    assert.equal(await passwords.verify(PASSWORD, one), true);
    assert.equal(await passwords.verify(`${PASSWORD} `, one), false);
    assert.equal(await passwords.verify('', one), false);
    assert.equal(await passwords.verify(PASSWORD, undefined), false);
  });

  it('fit as they were typed on another keyboard: what looks the same is the same', async () => {
    const passwords = openPasswords();
    const composed = await passwords.hash('crème brûlée à midi');
    assert.equal(await passwords.verify('crème brûlée à midi'.normalize('NFD'), composed), true);
  });

  it('a few are hashed at once, some wait, and more are told to come again', async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const passwords = openPasswords(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => release.push(resolve));
      running -= 1;
      return Buffer.alloc(32);
    });
    const all = Array.from({ length: HASHES_AT_ONCE_MAX + HASHES_WAITING_MAX }, () =>
      passwords.verify('x', undefined),
    );
    await assert.rejects(passwords.verify('x', undefined), { reason: 'ServiceUnavailable' });
    for (let done = 0; done < all.length; done++) {
      release.shift()?.();
      // Whoever was next takes the place.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    assert.equal(most, HASHES_AT_ONCE_MAX);
    assert.equal(running, 0);
  });

  it('that are short, long, of few characters or their owner’s name are refused', () => {
    const words = ['alice', 'Alice', 'Muller', 'ministry.example'];
    assert.equal(passwordProblem('elevenchars', words), 'passwordShort');
    assert.equal(passwordProblem('x'.repeat(300), words), 'passwordLong');
    assert.equal(passwordProblem('abababababab', words), 'passwordPlain');
    assert.equal(passwordProblem('AliceMuller12', words), 'passwordPlain');
    assert.equal(passwordProblem(PASSWORD, words), undefined);
    assert.equal(passwordProblem('длинный пароль', words), undefined);
    // Twelve that count, of which some take two units.
    assert.equal(passwordProblem('💶🔑🗝️🧂🥕🏮🪐🧵🪡🧶🪢', words), undefined);
  });
});

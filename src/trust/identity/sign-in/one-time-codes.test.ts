import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  grouped,
  newRecoveryCodes,
  newTotpSecret,
  recoveryDigest,
  recoveryMatch,
  totpAddress,
  totpStep,
} from './one-time-codes.ts';
import { appCode } from './testing/app.ts';

/** RFC 6238, appendix B: the ASCII text 12345678901234567890. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const RFC_CODES: readonly (readonly [number, string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];
const SEED = { seed: 4, numRuns: 200 };

describe('codes of an authenticator app', () => {
  it('are those of RFC 6238, appendix B', () => {
    for (const [at_s, code] of RFC_CODES) {
      assert.equal(totpStep(RFC_SECRET, code, at_s * 1000, 0), Math.floor(at_s / 30));
      assert.equal(appCode(RFC_SECRET, at_s * 1000), code);
    }
  });

  it('count one step around now, and never one that was used or came before it', () => {
    const times = fc.integer({ min: 1_000_000_000_000, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: -3, max: 3 }),
        (now_ms, off, used) => {
          const secret = newTotpSecret();
          const now = Math.floor(now_ms / 30_000);
          const step = totpStep(secret, appCode(secret, now_ms + off * 30_000), now_ms, now + used);
          const right = Math.abs(off) <= 1 && off > used;
          assert.equal(step, right ? now + off : undefined);
        },
      ),
      SEED,
    );
  });

  it('are six digits and nothing else', () => {
    for (const code of ['', '28708', '2870822', '28708a', '٢٨٧٠٨٢', '287082\n', ' 287082']) {
      assert.equal(totpStep(RFC_SECRET, code, 59_000, 0), undefined, JSON.stringify(code));
    }
  });

  it('come from keys of 160 bits, shown in groups, in an address that apps open', () => {
    const secret = newTotpSecret();
    assert.match(secret, /^[A-Z2-7]{32}$/);
    assert.equal(grouped(secret).replaceAll(' ', ''), secret);
    const address = new URL(totpAddress(secret, 'Casemate acme', 'alice'));
    assert.equal(address.protocol, 'otpauth:');
    assert.equal(address.searchParams.get('secret'), secret);
    assert.equal(address.searchParams.get('issuer'), 'Casemate acme');
  });
});

describe('recovery codes', () => {
  it('are ten, all different, of letters and digits that nobody mixes up', () => {
    const codes = newRecoveryCodes();
    assert.equal(new Set(codes).size, 10);
    for (const code of codes) assert.match(code, /^[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){3}$/);
  });

  it('count only for whom they were made, however they are typed', () => {
    const codes = newRecoveryCodes();
    const digests = codes.map((code) => recoveryDigest('alice-uid', code));
    const [code = ''] = codes;
    for (const typed of [
      code,
      code.toLowerCase(),
      code.replaceAll('-', ''),
      ` ${code.replaceAll('-', ' ')} `,
    ]) {
      assert.equal(recoveryMatch('alice-uid', typed, digests), digests[0]);
    }
    assert.equal(recoveryMatch('bob-uid', code, digests), undefined);
    assert.equal(recoveryMatch('alice-uid', `${code.slice(0, -1)}0`, digests), undefined);
    assert.equal(recoveryMatch('alice-uid', '', digests), undefined);
  });
});

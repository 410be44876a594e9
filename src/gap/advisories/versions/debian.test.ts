import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareDebianVersions, parseDebianVersion } from './debian.ts';

const PAIRS = 2_500;

/** Asks dpkg itself about every pair, in one shell: `<`, `=` or `>` each. */
function askDpkg(pairs: readonly (readonly [string, string])[]): string[] {
  const script = `while read -r a b; do
  if dpkg --compare-versions "$a" lt "$b"; then echo "<"
  elif dpkg --compare-versions "$a" eq "$b"; then echo "="
  else echo ">"; fi
done`;
  const input = pairs.map(([a, b]) => `${a} ${b}\n`).join('');
  return execFileSync('sh', ['-c', script], { input, encoding: 'utf8' }).trim().split('\n');
}

function ask(a: string, b: string): string {
  const [first, second] = [parseDebianVersion(a), parseDebianVersion(b)];
  assert.ok(first && second, `${a} and ${b} are versions`);
  const difference = compareDebianVersions(first, second);
  return difference < 0 ? '<' : difference > 0 ? '>' : '=';
}

const part = fc.constantFrom(
  ...['0', '00', '1', '01', '10', '9', '20240101', '99999999999999999999', '100000000000000000000'],
  ...[
    'a',
    'b',
    'A',
    'Z',
    'rc',
    'beta',
    'deb',
    '~',
    '~~',
    '.',
    '+',
    '.0',
    '+b1',
    '~bpo12',
    '+deb12u1',
    '~rc1',
  ],
);
const parts = (max: number) => fc.array(part, { maxLength: max }).map((all) => all.join(''));
const version = fc
  .record({
    epoch: fc.constantFrom('', '', '', '0:', '1:', '00:', '12:'),
    digit: fc.constantFrom('0', '1', '2', '01'),
    upstream: parts(4),
    hyphen: fc.constantFrom('', '', '-1', '-x', '-0'),
    revision: fc.option(
      parts(3).filter((text) => text !== ''),
      { nil: undefined },
    ),
  })
  .map(
    ({ epoch, digit, upstream, hyphen, revision }) =>
      `${epoch}${digit}${upstream}${revision === undefined ? '' : hyphen}${revision === undefined ? '' : `-${revision}`}`,
  );
/** Two that mostly share their beginning, where the difference is hard to get right. */
const pair = fc.oneof(
  fc.tuple(version, version),
  fc.tuple(version, parts(2), parts(2)).map(([base, a, b]) => [`${base}${a}`, `${base}${b}`] as const),
);

describe('the order of Debian versions', () => {
  it(`is that of dpkg --compare-versions, for ${PAIRS} generated pairs`, () => {
    const pairs = fc.sample(pair, { numRuns: PAIRS, seed: 5 });
    const expected = askDpkg(pairs);
    const wrong = pairs.filter(([a, b], index) => ask(a, b) !== expected[index]);
    assert.deepEqual(wrong, []);
    assert.ok(expected.filter((one) => one === '=').length > 100, 'enough of them are equal');
  });

  it('is that of dpkg where libraries go wrong', () => {
    const known: readonly (readonly [string, string, string])[] = [
      ['1.0-0', '=', '1.0'],
      ['1.0', '<', '1.0-1'],
      ['1.0~rc1', '<', '1.0'],
      ['1.0~~', '<', '1.0~'],
      ['1.0-1~deb12u1', '<', '1.0-1'],
      ['1.0-1+b1', '>', '1.0-1'],
      ['1:0.9', '>', '2.0'],
      ['0:1.0', '=', '1.0'],
      ['1.010', '=', '1.10'],
      ['1.0a', '<', '1.0+'],
      ['1.0-1-1', '>', '1.0-1'],
      ['99999999999999999998', '<', '99999999999999999999'],
    ];
    const dpkg = askDpkg(known.map(([a, , b]) => [a, b]));
    assert.deepEqual(
      known.map(([a, , b]) => ask(a, b)),
      known.map(([, sign]) => sign),
    );
    assert.deepEqual(
      dpkg,
      known.map(([, sign]) => sign),
    );
  });

  it('knows nothing of what is no version', () => {
    for (const text of [
      '',
      'x1',
      '1.0-',
      ':1',
      '-1:0',
      'a:1',
      '2147483648:1',
      '1 0',
      '1.0_1',
      '1'.repeat(300),
    ]) {
      assert.equal(parseDebianVersion(text), undefined, text);
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { inspected, PLANTED } from '../testing/planted.ts';
import { MATCH_MAX } from './detector.ts';
import { DETECTORS } from './detectors.ts';
import { TextScanner } from './text-scanner.ts';

const lineAt = (text: Buffer, offset: number): number =>
  text.toString('latin1', 0, offset).split('\n').length;

const SEED = 20_261_122;

describe('what is looked for', () => {
  it('has a planted example each', () => {
    assert.deepEqual(
      DETECTORS.map(({ what }) => what).filter((what) => PLANTED[what] === undefined),
      [],
    );
  });

  for (const { what, rule } of DETECTORS) {
    it(`finds a ${what} in its line, at its byte, and does not print it`, async () => {
      const planted = PLANTED[what] ?? '';
      const before = 'Straße 1\nAm Markt\nvalue: ';
      const found = (await inspected('a.txt', `${before}${planted} \nend\n`)).filter(
        (one) => one.what === what,
      );
      assert.equal(found.length, 1, JSON.stringify(found));
      const [{ line, offset, excerpt } = {}] = found;
      assert.equal(found[0]?.rule, rule);
      // An assignment or a header is found from its name on.
      assert.ok((offset ?? 0) >= Buffer.byteLength(before));
      assert.equal(line, lineAt(Buffer.from(`${before}${planted}`), offset ?? 0));
      const shown = (excerpt ?? '').replace(/…\(\d+\)$/, '');
      assert.ok(shown.length <= 4 && shown.length * 4 <= planted.length, shown);
    });
  }

  it('finds each wherever the borders of chunks fall, once, and where it is', async () => {
    const words = fc.array(fc.constantFrom('lorem', 'ipsum', '\n', 'Grüße', '42', '7.5', '(a)', '…'), {
      maxLength: 300,
    });
    await fc.assert(
      fc.asyncProperty(
        words,
        words,
        fc.constantFrom(...DETECTORS),
        fc.integer({ min: 1, max: 700 }),
        async (before, after, { what, rule }, chunk) => {
          const lead = Buffer.from(`${before.join(' ')} `);
          const planted = PLANTED[what] ?? '';
          const text = Buffer.concat([lead, Buffer.from(`${planted} ; ${after.join(' ')}`)]);
          const found = (await inspected('a.txt', text, { chunk })).filter((one) => one.what === what);
          assert.equal(found.length, 1);
          const [one] = found;
          assert.equal(one?.rule, rule);
          const offset = one?.offset ?? -1;
          assert.ok(offset >= lead.length && offset < lead.length + planted.length, `${offset}`);
          assert.equal(one?.line, lineAt(text, offset));
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('finds in UTF-16, of either order, with a mark or without', async () => {
    const text = `Grüße\nkey ${PLANTED['AWS access key']}\n${'plain words in a text\n'.repeat(20)}`;
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const [mark, bytes] of [
      [[0xff, 0xfe], little],
      [[0xfe, 0xff], big],
      [[], little],
      [[], big],
    ] as const) {
      const all = Buffer.concat([Buffer.from(mark), bytes]);
      for (const chunk of [7, 65_536]) {
        const [found, ...more] = await inspected('a.txt', all, { chunk });
        assert.deepEqual(more, []);
        assert.deepEqual(
          [found?.rule, found?.line, found?.offset],
          ['cloud-key', 2, mark.length + 2 * text.indexOf('AKIA')],
        );
      }
    }
  });

  it('takes a number for a card, an account or a person only when its check digits fit', async () => {
    const wrong = [
      '4111 1111 1111 1112',
      'LU28 0019 4006 4475 0001',
      '2 55 08 14 168 025 39',
      '1985073012342',
      '86095742710',
      '85.07.30-033.29',
      '12345678A',
      'RSSMRA85T10A562T',
      '44051401358',
      '4111111111111111222',
      '1732262400000',
      '2026-11-22 03:26:29.729',
      '0000 0000 0000 0000',
      '4444 4444 4444 4444',
    ];
    assert.deepEqual(await inspected('numbers.txt', `${wrong.join('\n')}\n`), []);
  });

  it('finds a card among other numbers', async () => {
    for (const text of [
      'order 42 4111 1111 1111 1111 of 3',
      '4111 1111 1111 1111 42',
      '12 12 4111-1111-1111-1111',
    ])
      assert.deepEqual(
        (await inspected('a.txt', text)).map(({ rule }) => rule),
        ['payment-card'],
        text,
      );
  });

  it('finds no secret in what texts are full of', async () => {
    const plain = [
      'd41d8cd98f00b204e9800998ecf8427e 550e8400-e29b-41d4-a716-446655440000',
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '/usr/lib/x86_64-linux-gnu/perl-base/unicore/lib/Upper/Y.pl /var/lib/dpkg/info/libc6.list',
      'src/gap/import/import-controller.ts:41 getElementsByTagNameNS createDecipherivWithAdditionalData2',
      'const passwordOf = (value: string) => value; password: $PASSWORD password=<redacted>',
      'com.example.internal.SomeVeryLongClassNameFactoryBean2Impl https://docs.example.org/a/b/c?d=e',
      '1.2.3 10.0.0.1 fe80::1 2026-11-22T00:00:00Z 1763785470 3.14159265358979 +1.5e-10 12,345.67',
    ].join('\n');
    const found = await inspected('plain.txt', plain);
    assert.deepEqual(
      found.filter(({ rule }) => rule !== 'email'),
      [],
    );
  });
});

test('no pattern can take more than a bounded time for each character', () => {
  for (const { what, pattern } of DETECTORS) {
    assert.match(pattern.flags, /g/, what);
    // Without classes and escapes, what is left of quantifiers must have an end.
    const bare = pattern.source.replaceAll(/\\./g, '_').replaceAll(/\[[^\]]*\]/g, 'C');
    assert.doesNotMatch(
      bare.replaceAll(/\(\?(?:<?[=!]|:)/g, '('),
      /[*+]|\{\d+,\}/,
      `${what}: a repetition without a bound`,
    );
    const bounds = [...bare.matchAll(/\{(?:\d+,)?(\d+)\}/g)].map(([, most]) => Number(most));
    assert.ok(
      bounds.every((most) => most < MATCH_MAX),
      what,
    );
  }
});

test('texts made to be slow are not', () => {
  const length = 256 * 1024;
  const bad = [
    'a',
    '1',
    '1 ',
    'A1',
    '+',
    '+1',
    'a@',
    'a.',
    'a.b',
    '-',
    '"d":',
    'AA00',
    'eyJ',
    'eyJa.',
    '://',
    'a:',
    'secret',
    'secret=',
    'QUJD',
    '0123456789 ',
    '%',
    '=',
    '\n',
    'cookie:',
  ];
  for (const unit of bad) {
    const text = unit.repeat(Math.ceil(length / unit.length));
    let count = 0;
    const scanner = new TextScanner(DETECTORS, { file: 'bad' }, () => {
      count += 1;
    });
    for (let at = 0; at < text.length; at += 65_536) scanner.push(text.slice(at, at + 65_536));
    scanner.end();
    assert.ok(count <= length, unit);
  }
});

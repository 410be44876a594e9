import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addressBytes,
  decodeNameConstraints,
  encodeNameConstraints,
  parseRange,
  permitsAddress,
  permitsName,
} from './name-constraints.ts';

fc.configureGlobal({ seed: 20_261_121 });

describe('name constraints', () => {
  it('come back as they were written', () => {
    const range = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
    );
    fc.assert(
      fc.property(
        fc.array(fc.domain(), { maxLength: 20 }),
        fc.array(range, { maxLength: 20 }),
        (dnsNames, ranges) => {
          const ipRanges = ranges.map(([address, prefix]) => `${address}/${prefix}`);
          const read = decodeNameConstraints(encodeNameConstraints({ dnsNames, ipRanges }));
          assert.deepEqual(read.dnsNames, dnsNames);
          assert.deepEqual(read.ipRanges.map(parseRange), ipRanges.map(parseRange));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('permit a name and what is below it, not what merely ends like it', () => {
    const constraints = { dnsNames: ['casemate.internal'], ipRanges: [] };
    assert.equal(permitsName(constraints, 'casemate.internal'), true);
    assert.equal(permitsName(constraints, 'lux.casemate.internal'), true);
    assert.equal(permitsName(constraints, 'notcasemate.internal'), false);
    assert.equal(permitsName(constraints, 'internal'), false);
  });

  it('permit addresses of a range and no other', () => {
    const constraints = { dnsNames: [], ipRanges: ['172.16.0.0/12', 'fd00::/8'] };
    assert.equal(permitsAddress(constraints, '172.31.255.255'), true);
    assert.equal(permitsAddress(constraints, '172.32.0.0'), false);
    assert.equal(permitsAddress(constraints, 'fd12::1'), true);
    assert.equal(permitsAddress(constraints, 'fe80::1'), false);
  });

  it('read every way of writing an IPv6 address, and refuse what is none', () => {
    assert.deepEqual([...addressBytes('::ffff:10.0.0.1')].slice(10), [255, 255, 10, 0, 0, 1]);
    assert.deepEqual([...addressBytes('1:2:3:4:5:6:7:8')], [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]);
    assert.deepEqual([...addressBytes('fe80::')].slice(0, 3), [0xfe, 0x80, 0]);
    for (const text of ['', 'localhost', '10.0.0', '10.0.0.256', 'fe80::1%eth0', '::1::2']) {
      assert.throws(() => addressBytes(text), TypeError, text);
    }
    for (const range of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1']) {
      assert.throws(() => parseRange(range), TypeError, range);
    }
  });
});

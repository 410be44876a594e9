import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { overlaps, parseCidr, type Range } from '#engines/nftables/ipv4.ts';
import { allocateAddress, allocateRange, capacityOf, gatewayOf } from './addresses.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

describe('addresses of a network', () => {
  it('the gateway has the first, instances the lowest free one after it', () => {
    assert.equal(gatewayOf('10.64.3.0/24'), '10.64.3.1');
    assert.equal(allocateAddress('10.64.3.0/24', []), '10.64.3.2');
    assert.equal(allocateAddress('10.64.3.0/24', ['10.64.3.2', '10.64.3.4', '10.99.0.3']), '10.64.3.3');
  });

  it('a network gives out exactly its capacity, each address once, and never the broadcast address', () => {
    const used: string[] = [];
    for (
      let next = allocateAddress('10.64.3.0/28', used);
      next;
      next = allocateAddress('10.64.3.0/28', used)
    ) {
      used.push(next);
    }
    assert.equal(used.length, capacityOf('10.64.3.0/28'));
    assert.equal(new Set(used).size, 13);
    assert.equal(used.at(-1), '10.64.3.14');
  });
});

describe('ranges of a region', () => {
  it('the lowest free one is chosen, across pools', () => {
    const pools = ['10.64.0.0/23', '10.70.0.0/24'];
    assert.equal(allocateRange(pools, 24, []), '10.64.0.0/24');
    assert.equal(allocateRange(pools, 24, ['10.64.0.64/28']), '10.64.1.0/24');
    assert.equal(allocateRange(pools, 24, ['10.64.0.0/24', '10.64.1.0/24']), '10.70.0.0/24');
    assert.equal(allocateRange(pools, 24, ['10.64.0.0/16', '10.70.0.0/28']), undefined);
    assert.equal(allocateRange(['10.64.0.0/24'], 20, []), undefined);
  });

  it('what is chosen never overlaps what is taken', () => {
    const taken = fc.tuple(fc.nat(1023), fc.integer({ min: 22, max: 28 })).map(([block, prefix]) => {
      const size = 2 ** (32 - prefix);
      const address = 0x0a400000 + block * 256;
      const first = address - (address % size);
      return `10.64.${(first >> 8) & 255}.${first & 255}/${prefix}`;
    });
    fc.assert(
      fc.property(fc.array(taken, { maxLength: 30 }), fc.integer({ min: 20, max: 28 }), (used, prefix) => {
        const chosen = allocateRange(['10.64.0.0/16'], prefix, used);
        if (chosen === undefined) return;
        const range = parseCidr(chosen);
        assert.ok(range);
        for (const cidr of used) assert.equal(overlaps(range, parseCidr(cidr) as Range), false);
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cidrProblem,
  contains,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
  withoutCovered,
} from './ipv4.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_121 });

describe('IPv4 addresses and ranges', () => {
  it('what is printed is read back as the same', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (address) => {
        assert.equal(parseAddress(formatAddress(address)), address);
      }),
    );
    for (const cidr of ['0.0.0.0/0', '10.64.3.0/24', '255.255.255.255/32']) {
      const range = parseCidr(cidr);
      assert.equal(range && formatCidr(range), cidr);
    }
  });

  it('only one way to write an address is taken', () => {
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '1.2.3.256',
      '1.2.3.-4',
      ' 1.2.3.4',
      '0x1.2.3.4',
      '1.2.3.4\n',
    ]) {
      assert.equal(parseAddress(text), undefined, JSON.stringify(text));
    }
  });

  it('a range with bits after its prefix is refused, with the right one named', () => {
    assert.equal(parseCidr('10.64.3.1/24'), undefined);
    assert.equal(cidrProblem('10.64.3.1/24'), 'has bits set after the prefix: write 10.64.3.0/24');
    assert.equal(cidrProblem('10.64.3.0'), 'must be an IPv4 range such as 10.64.3.0/24');
    assert.equal(cidrProblem('10.64.3.0/33'), 'must be an IPv4 range such as 10.64.3.0/24');
    assert.equal(cidrProblem('10.64.3.0/24'), undefined);
  });

  it('ranges without covered ones hold the same addresses, and no two overlap', () => {
    const cidr = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => {
      const size = 2 ** (32 - prefix);
      return formatCidr({ first: address - (address % size), last: 0, prefix });
    });
    const holds = (cidrs: readonly string[], address: number) =>
      cidrs.filter((text) => {
        const range = parseCidr(text);
        return range !== undefined && contains(range, address);
      }).length;
    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 12 }), fc.nat(0xffffffff), (cidrs, address) => {
        const kept = withoutCovered(cidrs);
        assert.equal(holds(kept, address), holds(cidrs, address) > 0 ? 1 : 0);
        for (const text of kept) assert.equal(holds(kept, parseCidr(text)?.first ?? 0), 1);
      }),
    );
  });
});

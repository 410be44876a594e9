import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FilterModel, ModelError, modelDigest, parseModel } from './model.ts';
import { portPrefix, tableName } from './names.ts';
import { renderClear, renderModel } from './render.ts';

const port = (n: number): string => `${portPrefix('r1')}${n.toString(16).padStart(10, '0')}`;

function model(): FilterModel {
  return {
    format: 1,
    region: 'r1',
    outbound: false,
    zones: [
      {
        bridges: [{ name: 'cm000000000001', cidr: '10.64.0.0/24', gateway: '10.64.0.1' }],
        endpoints: [
          { port: port(1), mac: '02:00:00:00:00:01', address: '10.64.0.2', bridge: 'cm000000000001' },
        ],
        sets: [['10.64.0.2/32']],
        deny: [{ from: 0, toward: 'target', protocol: 'tcp', ports: [{ first: 1, last: 2 }] }],
        egress: [],
        ingress: [],
        forwards: [
          {
            protocol: 'tcp',
            address: '192.0.2.1',
            port: 20_000,
            targetAddress: '10.64.0.2',
            targetPort: 22,
            sources: ['0.0.0.0/0'],
          },
        ],
      },
    ],
  };
}

/** A deep copy with one place changed; `undefined` takes it out. */
function changed(path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(model()));
  const keys = path.split('/');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe('a filter model', () => {
  it('that is right is taken as it is', () => {
    assert.deepEqual(parseModel(model(), 'r1'), model());
  });

  const WRONG: readonly (readonly [what: string, path: string, value: unknown, message: RegExp])[] = [
    ['of another region', 'region', 'r2', /serves r1 only/],
    ['of an unknown format', 'format', 2, /^\/format/],
    ['with a field nobody knows', 'zones/0/rule', 'accept', /^\/zones\/0/],
    [
      'with a bridge that is not ours',
      'zones/0/bridges/0/name',
      'eth0',
      /bridges\/0\/name: must be cm and 12/,
    ],
    ['with nft text in a bridge name', 'zones/0/bridges/0/name', 'cm0" } accept', /bridges\/0\/name/],
    ['with a gateway outside its range', 'zones/0/bridges/0/gateway', '10.64.1.1', /gateway: must be a host/],
    ['with a port that is not an instance’s', 'zones/0/endpoints/0/port', 'eth0', /endpoints\/0\/port/],
    [
      'with another region’s port',
      'zones/0/endpoints/0/port',
      `${portPrefix('r2')}0000000001`,
      /port: must be/,
    ],
    ['with a group link address', 'zones/0/endpoints/0/mac', '03:00:00:00:00:01', /endpoints\/0\/mac/],
    [
      'with an address outside the network',
      'zones/0/endpoints/0/address',
      '10.64.1.2',
      /must be a host address/,
    ],
    ['with the gateway’s address', 'zones/0/endpoints/0/address', '10.64.0.1', /is the gateway/],
    ['with the broadcast address', 'zones/0/endpoints/0/address', '10.64.0.255', /must be a host address/],
    ['with a range with host bits', 'zones/0/sets/0', ['10.64.0.2/24'], /sets\/0: must be an IPv4 range/],
    ['with a set that is not there', 'zones/0/deny/0/from', 1, /deny\/0\/from: no such set/],
    ['with ports of any protocol', 'zones/0/deny/0/protocol', 'any', /only with protocol tcp or udp/],
    [
      'with a range of ports backwards',
      'zones/0/deny/0/ports',
      [{ first: 2, last: 1 }],
      /must not end before/,
    ],
    ['with port 0', 'zones/0/deny/0/ports', [{ first: 0, last: 1 }], /^\/zones\/0\/deny\/0\/ports\/0\/first/],
    ['with a forward to a stranger', 'zones/0/forwards/0/targetAddress', '10.64.0.9', /is no endpoint/],
    ['with a forward for nobody', 'zones/0/forwards/0/sources', [], /forwards\/0\/sources/],
    ['with a bridge twice', 'zones/1', model().zones[0], /another bridge has this name/],
    [
      'with overlapping networks',
      'zones/0/bridges/1',
      { name: 'cm000000000002', cidr: '10.64.0.128/25', gateway: '10.64.0.129' },
      /overlaps \/zones\/0\/bridges\/0/,
    ],
    ['that is nothing', 'zones', undefined, /zones/],
  ];
  for (const [what, path, value, message] of WRONG) {
    it(`${what} is refused, and the place named`, () => {
      assert.throws(
        () => parseModel(changed(path, value), 'r1'),
        (error: unknown) => {
          assert.ok(error instanceof ModelError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('is refused when it is no object at all', () => {
    for (const value of [undefined, null, 1, 'table inet x', []]) {
      assert.throws(() => parseModel(value, 'r1'), ModelError);
    }
  });
});

describe('rendered rules', () => {
  it('are the same for the same model, and name only the region’s tables', () => {
    const text = renderModel(model(), modelDigest(model()));
    assert.equal(renderModel(model(), modelDigest(model())), text);
    const tables = [...text.matchAll(/^(?:add |delete )?table (.*?)(?: \{)?$/gm)].map(([, name]) => name);
    assert.deepEqual([...new Set(tables)], ['bridge casemate_r1', 'inet casemate_r1']);
  });

  it('hold ten thousand endpoints in as many rules as one', () => {
    const rules = (text: string) =>
      text.split('\n').filter((line) => /^ {4}/.test(line) && !line.includes('type filter')).length;
    const big = model();
    const zone = big.zones[0];
    assert.ok(zone);
    zone.bridges = [{ name: 'cm000000000001', cidr: '10.64.0.0/16', gateway: '10.64.0.1' }];
    zone.endpoints = Array.from({ length: 10_000 }, (_, n) => ({
      port: port(n),
      mac: `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
      address: `10.64.${(n + 2) >> 8}.${(n + 2) & 255}`.replace(/\.(0|255)$/, (end) => end),
      bridge: 'cm000000000001',
    }));
    parseModel(big, 'r1');
    assert.equal(rules(renderModel(big, 'x')), rules(renderModel(model(), 'x')));
  });

  it('clearing removes two tables whether or not they are there', () => {
    assert.equal(
      renderClear('r-1'),
      'add table bridge casemate_r_1\ndelete table bridge casemate_r_1\nadd table inet casemate_r_1\ndelete table inet casemate_r_1\n',
    );
    assert.equal(tableName('r-1'), 'casemate_r_1');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type FieldSet, FieldSetBuilder, paths, sameFields } from './field-set.ts';
import { decodeFields, encodeFields } from './fields-v1.ts';
import { decodeManagers, encodeManagers, managerCauses } from './managers.ts';
import { fieldElement, keyElement, pathText, valueElement } from './path-element.ts';

fc.configureGlobal({ seed: 1, numRuns: 300 });

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const element = fc.oneof(
  fc.string().map(fieldElement),
  scalar.map(valueElement),
  fc
    .dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
      scalar,
      { minKeys: 1 },
    )
    .map(keyElement),
);
const fieldSet = fc
  .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 12 })
  .map((all): FieldSet => {
    const builder = new FieldSetBuilder();
    for (const path of all) builder.add(path);
    return builder.set;
  });

describe('FieldsV1', () => {
  it('is what Kubernetes writes', () => {
    const builder = new FieldSetBuilder();
    const ports = [fieldElement('spec'), fieldElement('ports')];
    const http = [...ports, keyElement({ protocol: 'TCP', port: 80 })];
    for (const path of [http, [...http, fieldElement('port')], [fieldElement('tags'), valueElement('x')]])
      builder.add(path);
    assert.deepEqual(encodeFields(builder.set), {
      'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } },
      'f:tags': { 'v:"x"': {} },
    });
    assert.deepEqual([...paths(builder.set)].map(pathText), [
      '.spec.ports[port=80,protocol="TCP"]',
      '.spec.ports[port=80,protocol="TCP"].port',
      '.tags[="x"]',
    ]);
  });

  it('gives every set of fields back as it was, through JSON', () => {
    fc.assert(
      fc.property(fieldSet, (set) => {
        const decoded = decodeFields(JSON.parse(JSON.stringify(encodeFields(set))));
        assert.ok(!('wrong' in decoded) && sameFields(decoded, set));
      }),
    );
  });

  it('reads the keys of a list in any order, and unknown indexes', () => {
    const decoded = decodeFields({ 'k:{"b":1,"a":"x"}': {}, 'i:3': { '.': {} } });
    assert.ok(!('wrong' in decoded));
    assert.deepEqual(encodeFields(decoded), { 'i:3': {}, 'k:{"a":"x","b":1}': {} });
  });

  for (const [title, value] of [
    ['no object', []],
    ['an element of no known form', { spec: {} }],
    ['a key that is no JSON', { 'k:{': {} }],
    ['a key that is no object', { 'k:1': {} }],
    ['an index below zero', { 'i:-1': {} }],
    ['a level that is no object', { 'f:a': 1 }],
    ['bottomless nesting', Array.from({ length: 100 }).reduce<object>((below) => ({ 'f:a': below }), {})],
  ] as const) {
    it(`refuses ${title}`, () => assert.ok('wrong' in decodeFields(value)));
  }
});

describe('managedFields', () => {
  const entry = {
    manager: 'a',
    operation: 'Apply',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:size': {} } },
  };

  it('come back as they were, appliers first, then by time', () => {
    const second = { ...entry, operation: 'Update', time: '2026-01-01T00:00:02Z', subresource: 'status' };
    const first = { ...entry, operation: 'Update', manager: 'z', time: '2026-01-01T00:00:01Z' };
    const { managers } = decodeManagers([second, first, entry]);
    assert.deepEqual(encodeManagers(managers), [entry, first, second]);
  });

  it('without fields are none', () => {
    assert.deepEqual(decodeManagers([{ ...entry, fieldsV1: {} }]), { managers: [], causes: [] });
  });

  for (const [field, value] of [
    ['manager', 'x'.repeat(129)],
    ['manager', 'a\nb'],
    ['operation', 'Patch'],
    ['apiVersion', undefined],
    ['time', 5],
    ['fieldsType', 'FieldsV2'],
    ['subresource', 'x'.repeat(257)],
    ['fieldsV1', { nonsense: {} }],
  ] as const) {
    it(`with a bad ${field} (${JSON.stringify(value)?.slice(0, 20)}) are refused by name`, () => {
      const causes = managerCauses([entry, { ...entry, [field]: value }]);
      assert.deepEqual(
        causes.map((cause) => cause.field),
        [`metadata.managedFields[1].${field}`],
      );
    });
  }

  it('are bounded in number, and may be reset', () => {
    assert.equal(managerCauses(Array.from({ length: 257 }, () => entry)).length, 1);
    assert.deepEqual(managerCauses([{}]), []);
    assert.deepEqual(managerCauses(undefined), []);
    assert.equal(managerCauses([1])[0]?.field, 'metadata.managedFields[0]');
    assert.equal(managerCauses('x')[0]?.field, 'metadata.managedFields');
  });
});

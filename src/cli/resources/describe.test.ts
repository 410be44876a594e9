import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeObject, fieldTitle } from './describe.ts';
import type { ResourceType } from './discovery.ts';

const type = (kind: string): ResourceType => ({
  group: kind === 'Secret' ? '' : 'compute.casemate.internal',
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: [],
});

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 30);
const metadata = {
  name: 'web',
  namespace: 'shop',
  resourceVersion: '41',
  creationTimestamp: '2026-01-01T12:00:00Z',
  labels: { app: 'web', tier: 'front' },
};

test('an object is described from what it is to what happened to it', () => {
  const object = {
    apiVersion: 'compute.casemate.internal/v1',
    kind: 'Instance',
    metadata,
    spec: { memory: '1Gi', networks: [{ name: 'lan' }, { name: 'dmz', address: '10.0.0.9' }], keys: [] },
    status: {
      power: 'on',
      conditions: [{ type: 'Ready', status: 'True', reason: 'Running', message: 'it runs' }],
    },
  };
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    type: 'Normal',
    reason: 'Started',
    lastTimestamp: '2026-01-01T12:00:20Z',
    message: 'started',
  };
  assert.deepEqual(describeObject(type('Instance'), object, [event], NOW_MS), [
    'Name:           web',
    'Project:        shop',
    'Kind:           Instance (compute.casemate.internal/v1)',
    'Labels:         app=web',
    '                tier=front',
    'Annotations:    <none>',
    'Created:        2026-01-01T12:00:00Z (30s ago)',
    'Ledger:         leaf 41 last changed it',
    'Spec:',
    '  Memory:       1Gi',
    '  Networks:',
    '    - Name:     lan',
    '    - Name:     dmz',
    '      Address:  10.0.0.9',
    '  Keys:         <none>',
    'Status:',
    '  Power:        on',
    'Conditions:',
    '  TYPE    STATUS   REASON    MESSAGE',
    '  Ready   True     Running   it runs',
    'Events:',
    '  TYPE     REASON    AGE   MESSAGE',
    '  Normal   Started   10s   started',
  ]);
});

test('the values of a secret are never shown', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    data: { password: Buffer.from('hunter2').toString('base64') },
  };
  const text = describeObject(type('Secret'), object, undefined, NOW_MS).join('\n');
  assert.match(text, /password {3}7 bytes/);
  assert.doesNotMatch(text, /hunter2|aHVudGVyMg/);
});

test('field names become titles', () => {
  assert.equal(fieldTitle('displayName'), 'Display Name');
  assert.equal(fieldTitle('validity_days'), 'Validity days');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRecorder } from '../controller.ts';
import type { Condition, KubeObject } from '../object.ts';
import { recordTransition } from './condition-events.ts';
import { type ConditionChange, readyCondition } from './conditions.ts';

test('each change of a condition is an event: a warning, unless it is good, or a step on the way', () => {
  const told: string[] = [];
  const events: EventRecorder = {
    record: (_object, type, reason, message) => void told.push(`${type} ${reason}: ${message}`),
  };
  const since = '2026-11-21T00:00:00Z';
  let conditions: readonly Condition[] = [];
  const become = (change: ConditionChange) => {
    recordTransition(events, {} as KubeObject, conditions, change, new Set(['Starting']));
    conditions = [{ ...change, lastTransitionTime: since }];
  };
  become(readyCondition('False', 'Starting', 'on its way', 1));
  become(readyCondition('False', 'PortTaken', 'choose another', 1));
  become(readyCondition('False', 'PortTaken', 'choose another', 2));
  become(readyCondition('True', 'Ready', 'in force', 2));
  become(readyCondition('True', 'Ready', 'in force', 3));
  assert.deepEqual(told, [
    'Normal Starting: on its way',
    'Warning PortTaken: choose another',
    'Normal Ready: in force',
  ]);
});

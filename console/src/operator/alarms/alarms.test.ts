/** What becomes an alarm, how urgent it is and since when: read off what objects and the machine say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { i18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { RegionAbout } from '../../../../src/region/about/about.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { kinds as de } from '../../texts/de/kinds.ts';
import { operator as deOperator } from '../../texts/de/operator.ts';
import { kinds as fr } from '../../texts/fr/kinds.ts';
import { operator as frOperator } from '../../texts/fr/operator.ts';
import { alarmsOf, inWords, type RegionFacts } from './alarms.ts';

i18n.setMessagesCompiler(compileMessage);

const AT = '2026-11-22T10:00:00Z';
const LATER = '2026-11-22T11:00:00Z';
const QUIET: RegionFacts = { imports: [], releases: [], organizations: [], leftovers: [], others: [] };

const object = (name: string, fields: object = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: AT },
    ...fields,
  }) as unknown as ApiObject & never;

const condition = (type: string, status: string, reason = 'Why', at = AT) => ({
  status: { conditions: [{ type, status, reason, message: 'because', lastTransitionTime: at }] },
});

/** `id severity since`, in their order. */
const shown = (facts: Partial<RegionFacts>) =>
  alarmsOf({ ...QUIET, ...facts }).map(({ id, severity, since }) => [id, severity, since]);

test('a region in which all is right has none, and neither has one of which nothing was read yet', () => {
  assert.deepEqual(shown({}), []);
  assert.deepEqual(
    shown({
      seal: object('region', condition('Sealed', 'True')),
      time: object('region', condition('OnTime', 'Unknown')),
      others: [['images', [object('base', condition('Ready', 'True'))]]],
    }),
    [],
  );
});

test('the worst come first, and of those the newest', () => {
  assert.deepEqual(
    shown({
      others: [
        [
          'images',
          [
            object('old', condition('Ready', 'False')),
            object('new', condition('Ready', 'False', 'Why', LATER)),
          ],
        ],
      ],
      time: object('region', condition('OnTime', 'False', 'Why', LATER)),
      seal: object('region', condition('Sealed', 'False')),
    }),
    [
      ['OnTime', 'danger', LATER],
      ['Sealed', 'danger', AT],
      ['new', 'warning', LATER],
      ['old', 'warning', AT],
    ],
  );
});

test('a disk is full since it was last less full, as far back as anybody remembers', () => {
  const room = { total: 100, used: 95 };
  const about = (...disks: readonly number[]) =>
    ({
      machine: { processors: 1, load: 0, memory: { total: 100, used: 1 }, disk: room },
      processes: [],
      samples: disks.map((disk, hour) => ({ at: `2026-11-22T0${hour}:00:00Z`, load: 0, memory: 1, disk })),
    }) as unknown as RegionAbout;
  assert.deepEqual(shown({ about: about(95, 50, 91, 95) }), [['disk', 'danger', '2026-11-22T02:00:00Z']]);
  assert.deepEqual(shown({ about: about(95, 95) }), [['disk', 'danger', '2026-11-22T00:00:00Z']]);
  assert.deepEqual(shown({ about: about(50) }), [['disk', 'danger', undefined]]);
  // Samples are taken every five minutes.
  const bounds = [about(50), about()].map((one) => alarmsOf({ ...QUIET, about: one })[0]?.minutes_max);
  assert.deepEqual(bounds, [5, undefined]);
});

test('a process that does not come up or does not work is one; it is urgent where the region needs it', () => {
  const process = (name: string, state: string, fields: object = {}) => ({
    ...{ name, state, optional: false, restarts: 0, since: AT, notes: [] },
    ...fields,
  });
  const quiet = { total: 100, used: 1 };
  const about = {
    machine: { processors: 1, load: 0, memory: quiet, disk: quiet },
    samples: [],
    processes: [
      process('postgres', 'ready', { restarts: 3, lastFailure: 'ended: signal SIGKILL' }),
      process('archive', 'starting', { optional: true, wrongSince: AT, since: LATER }),
      process('incus', 'ready', { failing: 'it answers nothing', wrongSince: AT, since: LATER }),
      process('time', 'starting'),
    ],
  } as unknown as RegionAbout;
  assert.deepEqual(shown({ about }), [
    ['process incus', 'danger', AT],
    ['process archive', 'warning', AT],
  ]);
});

test('a release that went away by itself is one; one that people took back is none', () => {
  const release = (name: string, step: string) =>
    object(name, {
      spec: { version: name },
      status: { phase: 'RolledBack', requestedBy: 'ann', steps: [{ step, at: AT, message: 'so it was' }] },
    });
  assert.deepEqual(shown({ releases: [release('0.3.0', 'RolledBack'), release('0.2.0', 'Confirmed')] }), [
    ['0.3.0', 'danger', AT],
  ]);
});

test('what waits for people is none; what lacks room, was refused, or is left without a decision is one', () => {
  const bundle = (name: string, phase: string, reason = phase) =>
    object(name, {
      spec: {},
      status: { ...condition('Ready', 'False', reason).status, phase, requestedBy: 'ann' },
    });
  assert.deepEqual(
    shown({
      imports: [
        bundle('waits', 'AwaitingApproval'),
        bundle('full', 'Receiving', 'NoSpace'),
        bundle('early', 'Receiving', 'MissingBases'),
        bundle('bad', 'Refused'),
      ],
      leftovers: [object('decided', { spec: { decision: 'Adopt' } }), object('left', { spec: {} })],
      report: object('newest', { status: { counts: { critical: 0, high: 2 } } }),
    }).map(([id]) => id),
    ['full', 'bad', 'left', 'vulnerable'],
  );
});

test('what is not ready is called as people call it, in the language of the page', () => {
  const [alarm] = alarmsOf({
    ...QUIET,
    others: [['witnesses.ledger.casemate.internal', [object('neighbour', condition('Ready', 'False'))]]],
  });
  assert.ok(alarm);
  const said = (locale: string, messages: Readonly<Record<string, string>>) => {
    i18n.loadAndActivate({ locale, messages: { ...messages } });
    return inWords(alarm.what, (id, values) => i18n._(id, values)).replaceAll('\u00a0', ' ');
  };
  assert.equal(said('fr', { ...fr, ...frOperator }), 'Témoin : pas encore en service (neighbour)');
  assert.equal(said('de', { ...de, ...deOperator }), 'Zeuge ist nicht bereit: neighbour');
});

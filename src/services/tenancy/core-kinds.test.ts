import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isStatusError, type StatusError } from '#kernel/errors.ts';
import type { Kind } from '#kernel/kind.ts';
import type { DraftObject } from '#kernel/object.ts';
import { organizationRealm, REGION } from '#kernel/realm-id.ts';
import { ConfigMap } from './config-map.ts';
import { Event } from './event.ts';
import { Secret } from './secret.ts';
import { openTestRegion, type TestRegion } from './testing/region.ts';

const REALM = organizationRealm('acme');
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('core kinds', () => {
  let region: TestRegion;
  before(async () => {
    region = await openTestRegion();
    await region.createOrganization('acme');
  });
  after(() => region.close());

  const create = async (kind: Kind, name: string, fields: Record<string, unknown>): Promise<DraftObject> => {
    const { object } = await region.inRealm(REALM, ({ resources }) =>
      resources.create(kind, 'default', { metadata: { name }, ...fields }, region.as(REALM, 'alice')),
    );
    return object as unknown as DraftObject;
  };
  const change = (kind: Kind, name: string, fields: Record<string, unknown>) =>
    region.inRealm(REALM, ({ resources }) =>
      resources.modify(kind, { namespace: 'default', name }, region.as(REALM, 'alice'), (current) => ({
        ...current,
        ...fields,
      })),
    );
  const refusal = async (work: Promise<unknown>): Promise<StatusError> => {
    try {
      await work;
    } catch (error) {
      if (isStatusError(error, 'Invalid')) return error;
      throw error;
    }
    return assert.fail('was accepted');
  };
  const fields = (error: StatusError) => error.details?.causes?.map(({ field }) => field);

  describe('a Secret', () => {
    it('keeps plain text as base64, which wins over data of the same key', async () => {
      const secret = await create(Secret, 'a', {
        stringData: { key: 'plain', b: 'B' },
        data: { key: base64('other'), c: base64('C') },
      });
      assert.deepEqual(secret.data, { key: base64('plain'), c: base64('C'), b: base64('B') });
      assert.equal(secret.type, 'Opaque');
      assert.equal('stringData' in secret, false);
    });

    it('refuses what is not base64, bad keys and more than 1 MiB, and never repeats a value', async () => {
      const bad = await refusal(
        create(Secret, 'bad', { data: { 'a b': base64('x'), good: 'hunter2 is not base64' } }),
      );
      assert.deepEqual(fields(bad), ['data[a b]', 'data[good]']);
      assert.equal(JSON.stringify(bad.toStatus()).includes('hunter2'), false);
      const full = Buffer.alloc(1024 * 1024).toString('base64');
      await create(Secret, 'full', { data: { key: full } });
      assert.deepEqual(
        fields(await refusal(create(Secret, 'over', { data: { key: full, more: base64('x') } }))),
        ['data'],
      );
    });

    it('cannot change once it is immutable, nor its type ever', async () => {
      await create(Secret, 'fixed', { stringData: { key: 'plain' }, immutable: true });
      assert.deepEqual(fields(await refusal(change(Secret, 'fixed', { data: { key: base64('x') } }))), [
        'data',
      ]);
      assert.deepEqual(fields(await refusal(change(Secret, 'fixed', { immutable: false }))), ['immutable']);
      assert.deepEqual(fields(await refusal(change(Secret, 'fixed', { type: 'other' }))), ['type']);
      await change(Secret, 'fixed', { metadata: { name: 'fixed', labels: { a: 'b' } } });
    });

    it('has the keys that its type promises', async () => {
      const tls = await refusal(
        create(Secret, 'tls', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } }),
      );
      assert.deepEqual(fields(tls), ['data[tls.key]']);
      const docker = {
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': 'not JSON' },
      };
      assert.deepEqual(fields(await refusal(create(Secret, 'docker', docker))), ['data[.dockerconfigjson]']);
      await create(Secret, 'docker', { ...docker, stringData: { '.dockerconfigjson': '{"auths":{}}' } });
      await create(Secret, 'basic', { type: 'kubernetes.io/basic-auth', stringData: { password: 'x' } });
    });

    it('refuses data that is no map of text, with the field', async () => {
      for (const data of ['text', 7, ['x'], { key: 7 }]) {
        const error = await refusal(create(Secret, 'odd', { data }));
        assert.match(fields(error)?.[0] ?? '', /^data/);
      }
      assert.match(
        fields(await refusal(create(Secret, 'odd', { stringData: { key: 7 } })))?.[0] ?? '',
        /^stringData/,
      );
    });
  });

  describe('a ConfigMap', () => {
    it('holds text and bytes', async () => {
      const map = await create(ConfigMap, 'a', {
        data: { 'app.conf': 'x=1\n' },
        binaryData: { logo: base64('png') },
      });
      assert.deepEqual(map.data, { 'app.conf': 'x=1\n' });
      assert.deepEqual(map.binaryData, { logo: base64('png') });
    });

    it('refuses the same key twice, bad base64, too much, and change of what is immutable', async () => {
      const twice = await refusal(create(ConfigMap, 'b', { data: { k: 'x' }, binaryData: { k: '!' } }));
      assert.deepEqual(fields(twice), ['binaryData[k]', 'binaryData[k]']);
      const big = await refusal(create(ConfigMap, 'b', { data: { k: 'é'.repeat(600_000) } }));
      assert.deepEqual(fields(big), ['data']);
      await create(ConfigMap, 'b', { data: { k: 'x' }, immutable: true });
      assert.deepEqual(fields(await refusal(change(ConfigMap, 'b', { data: { k: 'y' } }))), ['data']);
    });
  });

  describe('an Event', () => {
    // As client-go's EventRecorder sends it.
    const fromClientGo = {
      metadata: { name: 'web.17a', namespace: 'default', creationTimestamp: null },
      involvedObject: {
        kind: 'Instance',
        namespace: 'default',
        name: 'web',
        uid: 'u',
        apiVersion: 'compute.casemate.internal/v1',
      },
      reason: 'Started',
      message: 'it runs',
      source: { component: 'compute' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
      type: 'Normal',
      eventTime: null,
      reportingComponent: 'compute',
      reportingInstance: '',
    };

    it('is taken as client-go writes it, nulls and all, in a project and in the region', async () => {
      for (const realm of [REALM, REGION] as const) {
        const { object } = await region.inRealm(realm, ({ resources }) =>
          resources.create(
            Event,
            'default',
            fromClientGo as unknown as DraftObject,
            region.test.context(realm),
          ),
        );
        assert.equal('eventTime' in object, false);
        assert.equal((object as unknown as typeof fromClientGo).message, 'it runs');
      }
    });

    it('is gone an hour after it happened last', async () => {
      const count = () => region.inRealm(REGION, ({ view }) => view.count(Event, 'default'));
      assert.ok((await count()) > 0);
      await region.test.clock.advance(70 * 60_000);
      await region.controllers.idle();
      assert.equal(await count(), 0);
    });
  });
});

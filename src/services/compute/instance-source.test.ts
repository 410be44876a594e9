import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ImageObject } from './image.ts';
import { chooseImage } from './instance-source.ts';

suite('what an instance names as its image', () => {
  const image = (
    name: string,
    day: string,
    more: { ready?: boolean; family?: string; going?: boolean; machine?: boolean } = {},
  ) =>
    ({
      apiVersion: 'compute.casemate.internal/v1',
      kind: 'Image',
      metadata: {
        name,
        uid: name,
        resourceVersion: '2',
        generation: 1,
        creationTimestamp: `2026-11-${day}T00:00:00Z`,
        ...(more.going ? { deletionTimestamp: '2026-11-30T00:00:00Z' } : {}),
      },
      spec: {
        type: more.machine === true ? 'virtual-machine' : 'container',
        architecture: 'amd64',
        source: { file: 'a', sha256: '0'.repeat(64) },
        ...(more.family === undefined ? {} : { family: more.family }),
      },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: more.ready === false ? 'False' : 'True',
            reason: 'Imported',
            message: '',
            lastTransitionTime: '2026-11-01T00:00:00Z',
          },
        ],
      },
    }) as ImageObject;
  const choose = (
    images: readonly ImageObject[],
    name: string,
    type: 'container' | 'virtual-machine' = 'container',
  ) => chooseImage(images, name, type)?.metadata.name;

  const images = [
    image('debian-12', '01', { family: 'debian' }),
    image('debian-13', '02', { family: 'debian' }),
    image('debian-14', '03', { family: 'debian', ready: false }),
    image('debian-15', '04', { family: 'debian', going: true }),
    image('other', '09'),
  ];

  test('is the image of that name, whatever its family has', () => {
    assert.equal(choose(images, 'debian-12'), 'debian-12');
    assert.equal(choose([...images, image('debian', '01')], 'debian'), 'debian');
  });

  test('or the newest ready one of the family of that name', () => {
    assert.equal(choose(images, 'debian'), 'debian-13');
  });

  test('or the newest that is about to be, where none is ready', () => {
    assert.equal(choose([image('a', '01', { family: 'f', ready: false })], 'f'), 'a');
  });

  test('of those a family has for machines and for containers, one that fits', () => {
    const both = [...images, image('debian-13-machine', '05', { family: 'debian', machine: true })];
    assert.equal(choose(both, 'debian'), 'debian-13');
    assert.equal(choose(both, 'debian', 'virtual-machine'), 'debian-13-machine');
    assert.equal(choose(images, 'debian', 'virtual-machine'), 'debian-13');
  });

  test('or nothing: an image of no family is nobody else’s', () => {
    assert.equal(choose(images, 'alpine'), undefined);
    assert.equal(choose(images, 'debian-15'), undefined);
  });
});

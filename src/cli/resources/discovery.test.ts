import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownCommand } from '../own-command.ts';
import {
  collectionPath,
  fromAggregated,
  fromLegacy,
  objectPath,
  resolveType,
  resolveTypes,
  typeOfObject,
} from './discovery.ts';
import { parseStreamTarget, parseTargets } from './targets.ts';

interface LegacyResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

const legacy: { groupVersion: string; resources: LegacyResource[] }[] = [
  {
    groupVersion: 'v1',
    resources: [
      {
        name: 'namespaces',
        singularName: 'namespace',
        namespaced: false,
        kind: 'Namespace',
        verbs: ['get', 'list'],
        shortNames: ['ns'],
      },
      { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] },
      { name: 'pods/exec', namespaced: true, kind: 'Pod', verbs: ['create'] },
    ],
  },
  {
    groupVersion: 'compute.casemate.internal/v1',
    resources: [
      {
        name: 'instances',
        singularName: 'instance',
        namespaced: true,
        kind: 'Instance',
        verbs: ['get', 'list'],
        shortNames: ['inst'],
        categories: ['all'],
      },
      { name: 'instances/exec', namespaced: true, kind: 'Instance', verbs: ['create'] },
      { name: 'images', singularName: 'image', namespaced: false, kind: 'Image', verbs: ['get', 'list'] },
    ],
  },
];
const types = legacy.flatMap(fromLegacy);
const names = (words: string) => resolveTypes(types, words).map((type) => type.plural);

test('a type is found by plural, singular, short name, kind, or with its group', () => {
  for (const word of [
    'instances',
    'instance',
    'inst',
    'Instance',
    'instances.compute.casemate.internal',
    'instance.compute',
    'instances.v1.compute.casemate.internal',
  ]) {
    assert.deepEqual(names(word), ['instances'], word);
  }
  assert.deepEqual(names('inst,images'), ['instances', 'images']);
  assert.deepEqual(names('all'), ['instances']);
  assert.deepEqual(names('projects'), ['namespaces']);
});

test('a type that is not there is answered with those that are near', () => {
  assert.throws(() => resolveType(types, 'isntance'), {
    exitCode: 2,
    hint: 'did you mean "instance" or "instances"?',
  });
  assert.throws(() => resolveType(types, 'databases'), {
    hint: `${ownCommand()} api-resources lists what there is`,
  });
  assert.throws(() => resolveType(types, 'instances.example.com'), { exitCode: 2 });
  assert.throws(() => typeOfObject(types, 'v1', 'Instance'), {
    hint: 'there is Instance of apiVersion compute.casemate.internal/v1',
  });
  assert.throws(() => typeOfObject(types, 'v1', 'Namespce'), { hint: 'did you mean "Namespace"?' });
});

test('aggregated discovery gives the same types as the legacy documents', () => {
  const items = legacy.map(({ groupVersion, resources }) => ({
    metadata: { name: groupVersion.includes('/') ? (groupVersion.split('/')[0] ?? '') : '' },
    versions: [
      {
        version: 'v1',
        resources: resources
          .filter(({ name }) => !name.includes('/'))
          .map((resource) => ({
            resource: resource.name,
            responseKind: { kind: resource.kind },
            scope: resource.namespaced ? 'Namespaced' : 'Cluster',
            singularResource: resource.singularName ?? '',
            shortNames: resource.shortNames ?? [],
            categories: resource.categories ?? [],
            verbs: resource.verbs,
            subresources: resources
              .filter(({ name }) => name.startsWith(`${resource.name}/`))
              .map(({ name, verbs }) => ({ subresource: name.split('/')[1] ?? '', verbs })),
          })),
      },
    ],
  }));
  assert.deepEqual(fromAggregated({ kind: 'APIGroupDiscoveryList', items }), types);
});

test('paths are those of the Kubernetes API', () => {
  const [instance, image, namespace] = ['instances', 'images', 'namespaces'].map((word) =>
    resolveType(types, word),
  );
  assert.ok(instance && image && namespace);
  assert.equal(
    objectPath(instance, 'p', 'web'),
    '/apis/compute.casemate.internal/v1/namespaces/p/instances/web',
  );
  assert.equal(collectionPath(instance, undefined), '/apis/compute.casemate.internal/v1/instances');
  assert.equal(collectionPath(image, 'p'), '/apis/compute.casemate.internal/v1/images');
  assert.equal(objectPath(namespace, 'p', 'a/b'), '/api/v1/namespaces/a%2Fb');
});

test('objects are named as TYPE NAME… or TYPE/NAME…, never a mixture', () => {
  const read = (...args: string[]) =>
    parseTargets(types, args).map(({ type, name }) => `${type.plural}:${name ?? '*'}`);
  assert.deepEqual(read('inst,images'), ['instances:*', 'images:*']);
  assert.deepEqual(read('inst', 'a', 'b'), ['instances:a', 'instances:b']);
  assert.deepEqual(read('inst/a', 'image/b'), ['instances:a', 'images:b']);
  assert.throws(() => read('inst/a', 'b'), { message: '"b" is not TYPE/NAME' });
  assert.throws(() => read('inst/'), { exitCode: 2 });
  assert.throws(() => read(), { message: 'which resource type?' });
});

test('exec goes to an instance by its bare name, and to nothing that has no exec', () => {
  assert.equal(parseStreamTarget(types, 'web', 'exec').type.plural, 'instances');
  assert.equal(parseStreamTarget(types, 'inst/web', 'exec').name, 'web');
  assert.throws(() => parseStreamTarget(types, 'image/web', 'exec'), { message: 'no image has a "exec"' });
});

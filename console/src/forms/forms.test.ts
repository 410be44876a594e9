/** The parts of forms that need no page: reading a schema, finding what is wrong, manifests, diffs and merges. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { editablePart, isChangedSince, manifestPart, shownPart, withEdited } from './editable.ts';
import { type FieldSchema, kindSchema } from './field-schema.ts';
import { foldedDiff } from './folded-diff.ts';
import { inWords } from './labels.ts';
import { lineDiff } from './line-diff.ts';
import { applyCommand, manifestOf, readYaml, readYamlValue, toYaml } from './manifest.ts';
import { takeOnto } from './merge.ts';
import { nameProblems, problemsOf } from './problems.ts';
import { referredKind } from './references.ts';
import { emptyValue, filledIn, withMember } from './value.ts';

const DOCUMENT = {
  components: {
    schemas: {
      Meta: { type: 'object', properties: { name: { type: 'string' } } },
      Machine: {
        type: 'object',
        'x-kubernetes-group-version-kind': [{ group: 'lab', version: 'v1', kind: 'Machine' }],
        properties: {
          metadata: { allOf: [{ $ref: '#/components/schemas/Meta' }], description: 'Its name.' },
          spec: {
            type: 'object',
            required: ['size', 'disks', 'place'],
            properties: {
              size: { type: 'string', format: 'int-or-string', 'x-kubernetes-int-or-string': true },
              type: { type: 'string', enum: ['small', 'large'], default: 'small' },
              count: { type: 'integer', minimum: 1, maximum: 8 },
              origin: {
                type: 'string',
                pattern: '^[a-z]+$',
                maxLength: 5,
                'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'field is immutable' }],
              },
              disks: {
                type: 'array',
                minItems: 1,
                maxItems: 2,
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['name'],
                items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
              },
              place: { type: 'object', properties: { room: { type: 'string' } } },
              labels: { type: 'object', additionalProperties: { type: 'string', maxLength: 3 } },
              until: { type: 'string', format: 'date-time' },
              shape: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
            },
          },
        },
      },
    },
  },
};

const MACHINE = { group: 'lab', version: 'v1', kind: 'Machine' };

function spec() {
  const found = kindSchema(DOCUMENT, MACHINE)?.members.find(({ name }) => name === 'spec')?.schema;
  assert.equal(found?.type, 'object');
  return found;
}

const wrong = (value: unknown) =>
  problemsOf(spec(), value, 'spec').map(({ path, what }) => [path, 'id' in what ? what.id : what.message]);

suite('a form from a schema', () => {
  test('knows of each field what it is, by references and their parts too', () => {
    const members = Object.fromEntries(spec().members.map(({ name, schema }) => [name, schema]));
    assert.deepEqual(
      Object.entries(members).map(([name, { type }]) => [name, type]),
      [
        ['size', 'quantity'],
        ['type', 'choice'],
        ['count', 'number'],
        ['origin', 'text'],
        ['disks', 'list'],
        ['place', 'object'],
        ['labels', 'map'],
        ['until', 'text'],
        ['shape', 'union'],
      ],
    );
    assert.equal(members.origin?.isImmutable, true);
    assert.equal(members.type?.default, 'small');
    const metadata = kindSchema(DOCUMENT, MACHINE)?.members[0]?.schema;
    assert.equal(metadata?.description, 'Its name.');
    assert.deepEqual(metadata?.type === 'object' && metadata.members.map(({ name }) => name), ['name']);
    assert.equal(kindSchema(DOCUMENT, { ...MACHINE, version: 'v2' }), undefined);
  });

  test('ends where a schema refers to itself', () => {
    const self = { $ref: '#/components/schemas/Tree' };
    const Tree = {
      type: 'object',
      properties: { left: self },
      'x-kubernetes-group-version-kind': [MACHINE],
    };
    assert.equal(kindSchema({ components: { schemas: { Tree } } }, MACHINE)?.type, 'object');
  });

  test('begins with what is required, and sends only what somebody filled in or added', () => {
    const begun = emptyValue(spec());
    assert.deepEqual(begun, { disks: [{}], place: {} });
    const written = withMember(withMember(begun, 'size', '2'), 'origin', '');
    assert.deepEqual(filledIn(written), { disks: [{}], place: {}, size: '2' });
    assert.deepEqual(
      manifestOf({
        apiVersion: 'lab/v1',
        kind: 'Machine',
        draft: { metadata: { name: 'a' }, spec: written },
      }),
      {
        apiVersion: 'lab/v1',
        kind: 'Machine',
        metadata: { name: 'a' },
        spec: { disks: [{}], place: {}, size: '2' },
      },
    );
  });

  test('says at which field what is wrong', () => {
    assert.deepEqual(wrong({ size: '2Gi', disks: [{ name: 'a' }], place: {}, shape: 3 }), []);
    assert.deepEqual(wrong({ disks: [], place: {} }), [
      ['spec.size', 'forms.problem.required'],
      ['spec.disks', 'forms.problem.tooFew'],
    ]);
    assert.deepEqual(
      wrong({
        size: 'much',
        type: 'huge',
        count: 9,
        origin: 'A',
        disks: [{ name: 'a' }, { name: 'a' }, {}],
        place: 'here',
        labels: { 'a.b/c': 'long' },
        until: 'soon',
      }),
      [
        ['spec.size', 'forms.problem.quantity'],
        ['spec.type', 'forms.problem.choice'],
        ['spec.count', 'forms.problem.maximum'],
        ['spec.origin', 'forms.problem.pattern'],
        ['spec.disks', 'forms.problem.tooMany'],
        ['spec.disks[1]', 'forms.problem.duplicate'],
        ['spec.disks[2].name', 'forms.problem.required'],
        ['spec.place', 'forms.problem.object'],
        ['spec.labels[a.b/c]', 'forms.problem.tooLong'],
        ['spec.until', 'forms.problem.time'],
      ],
    );
    assert.deepEqual(wrong({ size: '1', disks: [{ name: 'a' }], place: {}, count: 1.5 }), [
      ['spec.count', 'forms.problem.integer'],
    ]);
    assert.deepEqual(wrong({ size: '1', disks: [{ name: 'a' }], place: {}, count: 'two' }), [
      ['spec.count', 'forms.problem.number'],
    ]);
  });

  test('says in words which form is wanted, where it is a common one', () => {
    const ask = (pattern: string, value: string) => {
      const schema = {
        ...spec().members.find(({ name }) => name === 'origin')?.schema,
        length_max: undefined,
      };
      return problemsOf({ ...schema, pattern: new RegExp(pattern, 'u') } as FieldSchema, value, 'x').map(
        ({ what }) => ('id' in what ? what.id : ''),
      );
    };
    assert.deepEqual(ask('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$', 'A'), ['forms.problem.label']);
    assert.deepEqual(ask('^[0-9a-f]{64}$', 'A'), ['forms.problem.sha256']);
    assert.deepEqual(ask('^([01][0-9]|2[0-3]):[0-5][0-9]$', '24:00'), ['forms.problem.clock']);
    assert.deepEqual(ask('^https://[^\\s#]+$', 'http://a'), ['forms.problem.https']);
    assert.deepEqual(ask('^x$', 'y'), ['forms.problem.pattern']);
  });

  test('takes the names that the API takes', () => {
    assert.deepEqual(nameProblems('web-1.example', false), []);
    assert.equal(nameProblems('web-1.example', true).length, 1);
    for (const name of ['', 'Web', '-a', 'a-', 'a b', 'é', 'a'.repeat(254)])
      assert.equal(nameProblems(name, false).length, 1, name);
  });

  test('knows which other kind a field names', () => {
    const kinds = new Set(['Network', 'Image', 'Secret', 'User', 'ServiceAccount', 'Key']);
    const of = (description: string, name = 'x') => referredKind({ name, description }, kinds);
    assert.equal(of('Name of a Network of the project.'), 'Network');
    assert.equal(of('Name of an Image to start from, or of a family of images.'), 'Image');
    assert.equal(of('Names of Users, each once.'), 'User');
    assert.equal(of('A Secret of the project with the keys accessKeyId.'), 'Secret');
    assert.equal(of('The service account of the project that acts.', 'serviceAccount'), 'ServiceAccount');
    assert.equal(of('A PKCS#10 signing request in PEM of a key made for this.'), undefined);
    assert.equal(of('Whatever.', 'constructor'), undefined);
  });

  test('calls a field in words', () => {
    assert.equal(inWords('secretGeneration'), 'Secret generation');
    assert.equal(inWords('validity_days'), 'Validity days');
    assert.equal(inWords('ssoUrl'), 'Sso URL');
  });
});

suite('a manifest', () => {
  test('comes back as it went, whatever its texts hold', () => {
    const object = {
      kind: 'A',
      spec: { text: '<b>&"\'\n# no comment: {x}', yes: 'yes', list: [1, 'a', {}], none: {} },
    };
    assert.deepEqual(readYaml(toYaml(object)), { object });
  });

  test('that is broken is told by its line', () => {
    assert.equal(readYaml('kind: A\nspec: [1\n').problem?.line, 3);
    assert.equal(readYaml('- a').problem?.line, 0);
    assert.match(readYaml('a: &x [1]\nb: *y').problem?.message ?? '', /alias/);
    assert.deepEqual(readYamlValue('- 1\n- a: 2'), { value: [1, { a: 2 }] });
    assert.equal(readYamlValue('[1'), undefined);
  });

  test('in a command ends where the command says', () => {
    assert.equal(applyCommand('kubectl', 'a: 1\n'), "kubectl apply -f - <<'EOF'\na: 1\nEOF");
    assert.match(applyCommand('casemate', 'a: |\nEOF\n'), /^casemate apply -f - <<'EOF_'\n.*\nEOF_$/s);
  });

  test('shows an object without noise, edits what people can change, and sends the rest as it was', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'A',
      metadata: { name: 'a', uid: 'u', resourceVersion: '7', managedFields: [{}], labels: { x: '1' } },
      spec: { b: 1 },
      status: { c: 2 },
    };
    assert.deepEqual(shownPart(object), {
      ...object,
      metadata: { name: 'a', uid: 'u', resourceVersion: '7', labels: { x: '1' } },
    });
    assert.deepEqual(editablePart(object), {
      apiVersion: 'v1',
      kind: 'A',
      metadata: { name: 'a', labels: { x: '1' } },
      spec: { b: 1 },
    });
    assert.deepEqual(withEdited(object, editablePart(object)), object);
    const later = { ...object, metadata: { ...object.metadata, resourceVersion: '10' } };
    assert.equal(isChangedSince(object, { ...later, status: { c: 3 } }), false);
    assert.equal(isChangedSince(object, { ...later, spec: { b: 2 } }), true);
    assert.equal(isChangedSince({ ...later, spec: { b: 2 } }, object), false);
    const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    const noted = { ...object, metadata: { ...object.metadata, finalizers: ['f'], annotations: applied } };
    assert.deepEqual(manifestPart(noted), editablePart(object));
  });
});

suite('two versions', () => {
  const text = (diff: readonly { readonly type: string; readonly text: string }[]) =>
    diff.map(({ type, text: line }) => `${{ same: ' ', gone: '-', new: '+' }[type]}${line}`).join('\n');

  test('are compared line by line, with as few changes as there are', () => {
    assert.equal(text(lineDiff('a\nb\nc\n', 'a\nc\nd\n')), ' a\n-b\n c\n+d');
    assert.equal(text(lineDiff('a\n', 'a\n')), ' a');
    assert.equal(text(lineDiff('', 'a')), '-\n+a');
    const before = 'abcabba'.split('').join('\n');
    const after = 'cbabac'.split('').join('\n');
    const diff = lineDiff(before, after);
    assert.equal(diff.filter(({ type }) => type !== 'same').length, 5);
    assert.equal(diff.flatMap((line) => (line.type === 'new' ? [] : [line.text])).join('\n'), before);
    assert.equal(diff.flatMap((line) => (line.type === 'gone' ? [] : [line.text])).join('\n'), after);
  });

  test('that have next to nothing in common are shown one after the other', () => {
    const lines = (prefix: string) => Array.from({ length: 2_000 }, (_, at) => `${prefix}${at}`).join('\n');
    const diff = lineDiff(lines('a'), lines('b'));
    assert.equal(diff.length, 4_000);
    assert.equal(diff[2_000]?.type, 'new');
  });

  test('are shown around what changed', () => {
    const same = Array.from({ length: 20 }, (_, at) => `${at}`).join('\n');
    const parts = foldedDiff(lineDiff(`${same}\nx`, `${same}\ny`));
    assert.deepEqual(parts[0], { type: 'folded', key: -18, count: 17 });
    assert.deepEqual(
      parts.slice(1).map((part) => part.type),
      ['same', 'same', 'same', 'gone', 'new'],
    );
  });

  test('are merged field by field; where both changed one, it is told and mine stands', () => {
    const base = { a: 1, b: { c: 1, d: 1 }, e: [1], f: 1 };
    const mine = { a: 2, b: { c: 2, d: 1 }, e: [1, 2], f: 1 };
    const theirs = { a: 1, b: { c: 1, d: 2 }, e: [3] };
    assert.deepEqual(takeOnto(base, mine, theirs), {
      value: { a: 2, b: { c: 2, d: 2 }, e: [1, 2] },
      clashes: ['e'],
    });
    assert.deepEqual(takeOnto({ a: 1 }, {}, { a: 1, b: 1 }), { value: { b: 1 }, clashes: [] });
    assert.deepEqual(takeOnto({ a: 1 }, { a: 2 }, { a: 2 }).clashes, []);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable, type Table } from './table.ts';

const table: Table = {
  kind: 'Table',
  columnDefinitions: [{ name: 'Name' }, { name: 'Size' }, { name: 'Image', priority: 1 }, { name: 'Age' }],
  rows: [
    {
      cells: ['web', 2, 'debian', '5m'],
      object: { apiVersion: 'v1', kind: 'M', metadata: { name: 'web', namespace: 'shop' } },
    },
    {
      cells: ['database', null, 'debian', '12d'],
      object: { apiVersion: 'v1', kind: 'M', metadata: { name: 'database', namespace: 'p' } },
    },
  ],
};

test('columns line up, and those of lower priority are left out', () => {
  assert.deepEqual(renderTable(table), [
    'NAME       SIZE   AGE',
    'web        2      5m',
    'database          12d',
  ]);
});

test('wide output has every column', () => {
  assert.equal(renderTable(table, { wide: true })[0], 'NAME       SIZE   IMAGE    AGE');
});

test('across projects each row begins with its project', () => {
  assert.deepEqual(renderTable(table, { withProject: true }), [
    'PROJECT   NAME       SIZE   AGE',
    'shop      web        2      5m',
    'p         database          12d',
  ]);
});

test('among several types names carry their type', () => {
  assert.equal(
    renderTable(table, { typePrefix: 'machine', withHeader: false })[0],
    'machine/web        2   5m',
  );
});

test('what others wrote cannot steer the terminal', () => {
  const [row] = renderTable(
    { ...table, rows: [{ cells: ['a\u001b[2Jb\nc', 1, '', ''] }] },
    { withHeader: false },
  );
  assert.equal(row, 'a [2Jb c   1');
});

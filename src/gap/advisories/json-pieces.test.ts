import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonPieces, type Piece, type PieceOptions } from './json-pieces.ts';

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function cut(text: string, depth: PieceOptions['depth'], size = 7, max?: number): Promise<Piece[]> {
  const all: Piece[] = [];
  const options = { source: 'test.json', depth, ...(max === undefined ? {} : { pieceBytes_max: max }) };
  for await (const pieces of jsonPieces(chunksOf(text, size), options)) all.push(...pieces);
  return all;
}

describe('a stream of JSON', () => {
  it('is cut into the same objects however its bytes arrive', async () => {
    const key = fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => text !== '__proto__');
    const piece = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
    const world = fc.dictionary(key, fc.dictionary(key, piece, { maxKeys: 3 }), { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (given, size, isPretty) => {
          const text = JSON.stringify(given, null, isPretty ? 2 : undefined);
          const parsed = JSON.parse(text) as typeof given;
          const expected = Object.entries(parsed).flatMap(([first, inner]) =>
            Object.entries(inner).map(([second, value]) => ({ path: [first, second], value })),
          );
          assert.deepEqual(await cut(text, 2, size), expected);
          const values = expected.map(({ value }) => ({ path: [], value }));
          assert.deepEqual(await cut(JSON.stringify(values.map(({ value }) => value)), 0, size), values);
          if (values.length > 0) {
            const lines = values.map(({ value }) => JSON.stringify(value)).join('\n');
            assert.deepEqual(await cut(lines, 0, size), values);
          }
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });

  it('that is cut off is refused, wherever that is', async () => {
    const text = '{"openssl": {"X-1": {"a": ["}", 1]}, "X-2": {}}, "zlib": {}}';
    assert.equal((await cut(text, 2)).length, 2);
    for (let length = 0; length < text.length; length++) {
      await assert.rejects(cut(text.slice(0, length), 2), { code: 'Malformed' }, text.slice(0, length));
    }
  });

  it('that is no such JSON is refused with the place', async () => {
    await assert.rejects(cut('{"openssl": 7}', 2), {
      message: 'test.json has "7" at byte 12 at openssl; an object was expected',
    });
    await assert.rejects(cut('{"openssl": {"X-1": {"a": nonsense}}}', 2), /is no JSON at openssl X-1/);
    await assert.rejects(cut('{"openssl": {"X-1": {}} "b": {}}', 2), /"," or the end was expected/);
    await assert.rejects(cut('{"a":{},}', 1), /a key was expected/);
    await assert.rejects(cut('[{}] 1', 0), /an object was expected/);
  });

  it('with an entry beyond the limit is refused before it is held in memory', async () => {
    const text = `{"openssl": {"X-1": {"a": "${'x'.repeat(500)}"}}}`;
    await assert.rejects(cut(text, 2, 50, 300), {
      code: 'TooLarge',
      message: 'test.json: the entry at openssl X-1 has more than 300 bytes, which none of this format has',
    });
  });
});

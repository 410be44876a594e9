/** Whoever reads French or German finds the API's own words in their language: every one of them, and none that the API says no more. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import type { Kind } from '../../../src/kernel/kind.ts';
import type { RealmType } from '../../../src/kernel/realm-id.ts';
import { KindRegistry } from '../../../src/kernel/registry.ts';
import { Catalogue } from '../../../src/kernel/wire/catalogue.ts';
import { OpenApi } from '../../../src/kernel/wire/openapi.ts';
import { tableOf } from '../../../src/kernel/wire/table.ts';
import { type FieldSchema, kindSchema } from '../forms/field-schema.ts';
import { inWords } from '../forms/labels.ts';
import { COLUMNS_OF_WORDS } from '../resources/cells.ts';
import { type FieldWords, fieldTexts, NO_WORDS, wordsRoom } from './field-words.ts';

const SOURCES = join(import.meta.dirname, '../../../src');
const LANGUAGES = ['fr', 'de'] as const;
const REALMS: readonly RealmType[] = ['organization', 'region'];
const SHARED = 'shared';
/** Shown by the form itself, or as YAML alone. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);
/** Names that are the same in every language: of algorithms, formats, protocols, parameters of keys, times of the day. */
const AS_THEY_ARE: ReadonlySet<string> = new Set(
  (
    'amd64 arm64 tcp udp icmp GET PUT POST DELETE HEAD ETag AES-256-GCM P-256 P-384 Ed25519 ML-DSA-65 ML-DSA-87 ML-KEM-768 ML-KEM-1024 ' +
    'HMAC-SHA-256 http-01 oidc saml zip gzip tar pdf postscript rtf png jpeg gif tiff webp parquet sqlite hdf5 numpy gguf elf pe macho java ' +
    'wasm pkcs12 zstd xz bzip2 sevenzip rar cab ar iso age pgp luks iban kty crv x y n e'
  ).split(' '),
);

/** What is said in a room, and where, for whoever has to write words for it. */
interface Said {
  readonly labels: Map<string, string>;
  readonly descriptions: Map<string, string>;
  readonly values: Map<string, string>;
}

const PARTS = ['labels', 'descriptions', 'values'] as const;

suite('words for what the API says of itself', () => {
  const rooms = new Map<string, Said>();
  const columns = new Set<string>();
  let source = '';

  before(async () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('/testing/'),
    );
    const texts = new Map(files.map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')]));
    source = [...texts.values()].join('\n');
    const kinds: Kind[] = [];
    // Kinds of the kernel's own folder are examples of its tests, and questions that it asks for itself.
    for (const [name, text] of texts)
      if (text.includes('defineKind(') && !name.startsWith('kernel/'))
        kinds.push(...kindsOf(await import(join(SOURCES, name))));
    const catalogue = new Catalogue(new KindRegistry(new Set(kinds)));
    for (const realm of REALMS) gather(catalogue, realm);
  });

  function gather(catalogue: Catalogue, realm: RealmType): void {
    const openapi = new OpenApi(catalogue, 'test');
    for (const groupVersion of catalogue.groupVersions(realm)) {
      const document = JSON.parse(openapi.v3(realm, groupVersion)?.bytes.toString() ?? '');
      for (const { kind, verbs } of catalogue.inGroupVersion(realm, groupVersion)) {
        // What cannot be listed has no pages.
        if (!verbs.includes('list')) continue;
        const said = saidIn(wordsRoom(kind.group));
        const schema = kindSchema(document, kind);
        assert.ok(schema !== undefined, kind.resource);
        walk(schema, kind.kind, said);
        const table = tableOf(kind, [], {}, { version: 'v1', includeObject: 'None', now_ms: 0 });
        for (const { name, description } of table.columnDefinitions) {
          said.labels.set(name.toLowerCase(), `a column of ${kind.kind}`);
          said.descriptions.set(description, `the column ${name} of ${kind.kind}`);
          columns.add(name.toLowerCase());
        }
      }
    }
  }

  function saidIn(room: string): Said {
    const said = rooms.get(room) ?? { labels: new Map(), descriptions: new Map(), values: new Map() };
    rooms.set(room, said);
    return said;
  }

  const missingIn = (language: string, part: (typeof PARTS)[number], words: Map<string, FieldWords>) =>
    [...rooms].flatMap(([room, said]) =>
      [...said[part]].flatMap(([english, where]) =>
        AS_THEY_ARE.has(english) ||
        [room, SHARED].some((one) => Object.hasOwn(words.get(one)?.[part] ?? {}, english))
          ? []
          : [`${language}/fields/${room}.ts ${part}: ${JSON.stringify(english)}, of ${where}`],
      ),
    );

  const isSaid = (room: string, part: (typeof PARTS)[number], english: string): boolean =>
    (room === SHARED ? [...rooms.values()] : [saidIn(room)]).some((said) => said[part].has(english)) ||
    // Types and reasons of conditions, and what a column says, stand in the code alone.
    (part === 'values' && source.includes(`'${english}'`));

  for (const language of LANGUAGES)
    test(`are there in ${language} for every kind that has pages, and for nothing else`, async () => {
      const words = await wordsIn(language);
      assert.deepEqual(
        PARTS.flatMap((part) => missingIn(language, part, words)),
        [],
      );
      const stale = [...words].flatMap(([room, own]) =>
        PARTS.flatMap((part) =>
          Object.keys(own[part])
            .filter((english) => !isSaid(room, part, english))
            .map((english) => `${language}/fields/${room}.ts ${part}: ${JSON.stringify(english)}`),
        ),
      );
      assert.deepEqual(stale, [], 'what nothing says any more');
    });

  test('keep the names, examples and quantities that they are about', async () => {
    const [fr, de] = [await wordsIn('fr'), await wordsIn('de')];
    const lost = [...fr].flatMap(([room, { descriptions }]) =>
      Object.entries(descriptions).flatMap(([english, french]) =>
        codesOf(english).flatMap((code) =>
          [french, de.get(room)?.descriptions[english] ?? ''].some((text) => !text.includes(code))
            ? [`${room}: ${code} of ${JSON.stringify(english)}`]
            : [],
        ),
      ),
    );
    assert.deepEqual(lost, []);
  });

  test('are looked for in cells of columns that there are', () => {
    assert.deepEqual(
      [...COLUMNS_OF_WORDS].filter((title) => !columns.has(title)),
      [],
    );
  });

  test('fall back to the English of the API, and say so', () => {
    const own: FieldWords = {
      labels: { 'display name': 'Nom affiché' },
      descriptions: { 'What others see.': 'Ce que voient les autres.' },
      values: { True: 'Oui' },
    };
    const texts = fieldTexts('fr', own, { ...NO_WORDS, labels: { 'display name': 'Nom', size: 'Taille' } });
    assert.deepEqual(
      ['displayName', 'size', 'newField'].map((name) => texts.label(name)),
      ['Nom affiché', 'Taille', 'New field'],
    );
    assert.equal(texts.column('Display Name'), 'Nom affiché');
    assert.deepEqual(texts.described('What others see.'), {
      text: 'Ce que voient les autres.',
      language: 'fr',
    });
    assert.deepEqual(texts.described('What others saw.'), { text: 'What others saw.', language: 'en' });
    assert.deepEqual([texts.word(true), texts.word('toString')], ['Oui', undefined]);
    assert.equal(fieldTexts('en', own, NO_WORDS).column('Display Name'), 'Display Name');
  });
});

const isKind = (value: unknown): value is Kind =>
  typeof value === 'object' && value !== null && 'resource' in value && 'body' in value;

/** What a module exports, and lists of them. */
const kindsOf = (module: Readonly<Record<string, unknown>>): readonly Kind[] =>
  Object.values(module).flat().filter(isKind);

function walk(schema: FieldSchema, path: string, said: Said): void {
  const [, top = '', ...rest] = path.split('.');
  if (NOT_SHOWN.has(top)) return;
  // Of spec and status themselves pages say what they are.
  const isBody = rest.length === 0 && (top === 'spec' || top === 'status');
  if (schema.description !== '' && !isBody) said.descriptions.set(schema.description, path);
  switch (schema.type) {
    case 'object':
      for (const { name, schema: member } of schema.members) {
        if (top !== '' || !(NOT_SHOWN.has(name) || name === 'spec' || name === 'status'))
          said.labels.set(inWords(name).toLowerCase(), `${path}.${name}`);
        walk(member, `${path}.${name}`, said);
      }
      return;
    case 'list':
      walk(schema.items, `${path}[]`, said);
      return;
    case 'map':
      walk(schema.values, `${path}{}`, said);
      return;
    case 'union':
      for (const option of schema.options) walk(option, path, said);
      return;
    case 'choice':
      for (const option of schema.options)
        if (!/^\d/.test(String(option)) || /^\d+h$/.test(String(option)))
          said.values.set(String(option), path);
      return;
    default:
  }
}

async function wordsIn(language: string): Promise<Map<string, FieldWords>> {
  const folder = join(import.meta.dirname, language, 'fields');
  const words = new Map<string, FieldWords>();
  for (const file of readdirSync(folder))
    words.set(file.replace(/\.ts$/, ''), (await import(join(folder, file))).words);
  return words;
}

/** Field names such as `spec.restoreFrom`, names of resources, addresses, quantities, options of choices in CamelCase. */
const codesOf = (text: string): readonly string[] =>
  text.match(
    /\b(?:spec|status|metadata)\.[a-zA-Z.]+\b|\b[a-z-]+\.casemate\.internal\b|\bRFC \d+\b|\d+(?:\.\d+){3}\/\d+|\b\d+(?:Mi|Gi|Ti)\b|`[^`]+`/g,
  ) ?? [];

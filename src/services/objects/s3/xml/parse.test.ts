import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { S3Error } from '../errors.ts';
import { parseXml, XML_DEPTH_MAX, type XmlElement } from './parse.ts';
import { element, escapeXml } from './write.ts';

// The same examples at every run.
fc.configureGlobal({ seed: 20_261_122 });

const textOf = (xml: string) => parseXml(Buffer.from(xml)).text;

describe('XML of requests', () => {
  it('has elements, attributes, text, CDATA, comments and numbered characters', () => {
    const root = parseXml(
      Buffer.from(
        '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- a --><s3:A xmlns:s3="x" b=\'1 &amp; 2\'>\n <B/><B>&lt;&#65;&#x42;<![CDATA[<c>&amp;]]></B >\r\n</s3:A>\n',
      ),
    );
    assert.equal(root.name, 'A');
    assert.equal(root.attributes.get('b'), '1 & 2');
    assert.deepEqual(
      root.children.map(({ name, text }) => [name, text]),
      [
        ['B', ''],
        ['B', '<AB<c>&amp;'],
      ],
    );
  });

  it('names keys that XML has no characters for', () => {
    assert.equal(textOf('<a>&#1;&#13;&#x1F600;\r\n</a>'), '\u0001\r\u{1f600}\n');
    for (const wrong of [
      '&#0;',
      '&#xD800;',
      '&#x110000;',
      '&#;',
      '&#xx;',
      '&nbsp;',
      '&',
      '&amp',
      '& amp;',
      '&toString;',
    ])
      assert.throws(() => textOf(`<a>${wrong}</a>`), { code: 'MalformedXML' }, wrong);
  });

  it('has no DTD, no entities of its own, no instructions, one root, and is UTF-8', () => {
    const wrong = [
      '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
      '<a><!ENTITY b "c"></a>',
      '<?php x ?><a/>',
      '<a><?xml version="1.0"?></a>',
      '<a/><b/>',
      'x<a/>',
      '<a/>x',
      '<?xml version="1.0" encoding="UTF-16"?><a/>',
    ];
    for (const xml of [
      '',
      ' ',
      '<',
      '<a',
      '<a>',
      '</a>',
      '<a></b>',
      '<a b></a>',
      '<a b="1" b="2"/>',
      '<a b="<"/>',
      ...wrong,
    ])
      assert.throws(() => parseXml(Buffer.from(xml)), { code: 'MalformedXML' }, xml);
    for (const xml of [
      '<a><!-- </a>',
      '<a><![CDATA[</a>',
      '<a>x<b/></a>',
      '<1/>',
      '<a\u0000/>',
      '<a>\u0000</a>',
    ])
      assert.throws(() => parseXml(Buffer.from(xml)), { code: 'MalformedXML' }, xml);
    assert.throws(() => parseXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])), {
      message: /UTF-8/,
    });
  });

  it('is bounded in depth, names and attributes', () => {
    const deep = (depth: number) => Buffer.from(`${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`);
    assert.ok(parseXml(deep(XML_DEPTH_MAX)));
    assert.throws(() => parseXml(deep(XML_DEPTH_MAX + 1)), { code: 'MalformedXML' });
    assert.throws(() => textOf(`<${'a'.repeat(129)}/>`), { code: 'MalformedXML' });
    assert.throws(() => textOf(`<a${Array.from({ length: 9 }, (_, index) => ` b${index}=""`).join('')}/>`), {
      code: 'MalformedXML',
    });
    assert.throws(() => parseXml(Buffer.from(`<a>${'<b/>'.repeat(100_000)}</a>`)), {
      message: /100000 elements/,
    });
  });

  it('is as it was written, whatever characters are in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 50 }).filter((text) => !text.includes('\0')),
        (text) => {
          assert.equal(textOf(element('a', text)?.xml ?? ''), text);
        },
      ),
      { numRuns: 500 },
    );
    assert.equal(escapeXml('<&>"\'\u0001\r\n\ud800'), '&lt;&amp;&gt;&quot;&apos;&#x1;&#xD;\n\ufffd');
  });

  it('is parsed or refused with an S3Error, whatever comes', () => {
    const pieces = fc.constantFrom(
      '<a>',
      '</a>',
      '<b c="d">',
      '</b>',
      '<b/>',
      '&amp;',
      '&#65;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      'x',
      ' ',
      '<',
      '>',
      '&',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        let root: XmlElement | undefined;
        try {
          root = parseXml(Buffer.from(parts.join('')));
        } catch (error) {
          assert.ok(error instanceof S3Error, String(error));
        }
        assert.ok(root === undefined || root.name.length > 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

/**
 * OpenVEX 0.2.0 documents (openvex/spec): statements on whether products are affected by a vulnerability. `not_affected` needs a justification
 * from the standard's list, or an impact statement in words; without either it is refused, and so is the document. Pure.
 */
import {
  excerpt,
  type Fields,
  fieldsOf,
  listOf,
  nameOf,
  optionalText,
  textOf,
  timeOf,
  wordOf,
} from '../fields.ts';
import { type PackageKey, packageKey, VEX_STATUSES, type VexStatement } from '../model.ts';
import { AdvisoryError, invalid, type Place, shown } from '../problem.ts';
import { fullName, parsePurl } from '../purl.ts';

export const OPENVEX = 'openvex';
const CONTEXT = /^https:\/\/openvex\.dev\/ns(\/v0\.2\.0)?$/;
const STATEMENTS_MAX = 100_000;
const PRODUCTS_MAX = 10_000;
const ALIASES_MAX = 200;
const WORDS_LENGTH_MAX = 240;

export const JUSTIFICATIONS = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

export interface KeyedStatement {
  readonly key: PackageKey;
  readonly statement: VexStatement;
}

export interface VexDocument {
  readonly issued_ms: number;
  /** One for each package that a statement is about; packages of other ecosystems are left out. */
  readonly statements: readonly KeyedStatement[];
}

/** A whole document. Throws an AdvisoryError that names the statement and the field. */
export function parseVexDocument(value: unknown): VexDocument {
  const outer: Place = { source: OPENVEX, entry: 'the document' };
  const document = fieldsOf(outer, 'the document', value);
  const context = textOf(outer, '@context', document['@context']);
  if (!CONTEXT.test(context)) {
    throw new AdvisoryError(
      'Unsupported',
      `${OPENVEX}: @context is ${shown(context)}; OpenVEX 0.2.0 is read, https://openvex.dev/ns/v0.2.0`,
    );
  }
  const id = textOf(outer, '@id', document['@id']);
  const author = textOf({ source: OPENVEX, entry: id }, 'author', document.author);
  const issued = textOf({ source: OPENVEX, entry: id }, 'timestamp', document.timestamp);
  const issued_ms = timeOf({ source: OPENVEX, entry: id }, 'timestamp', issued);
  const statements = listOf(
    { source: OPENVEX, entry: id },
    'statements',
    document.statements,
    STATEMENTS_MAX,
  );
  return {
    issued_ms,
    statements: statements.flatMap((one, index) => {
      const place: Place = { source: OPENVEX, entry: `${id} statement ${index + 1}` };
      return parseStatement(place, fieldsOf(place, 'the statement', one), author, issued);
    }),
  };
}

function parseStatement(place: Place, given: Fields, author: string, issued: string): KeyedStatement[] {
  const vulnerability = fieldsOf(place, 'vulnerability', given.vulnerability);
  const name = textOf(place, 'vulnerability.name', vulnerability.name, 128);
  const aliases = listOf(place, 'vulnerability.aliases', vulnerability.aliases, ALIASES_MAX).map(
    (one, index) => textOf(place, `vulnerability.aliases[${index}]`, one, 128),
  );
  const status = wordOf(place, 'status', given.status, VEX_STATUSES);
  const justification =
    given.justification === undefined
      ? undefined
      : wordOf(place, 'justification', given.justification, JUSTIFICATIONS);
  const impact = excerpt(given.impact_statement, WORDS_LENGTH_MAX);
  if (status === 'not_affected' && justification === undefined && impact === '') {
    throw invalid(
      place,
      'justification',
      `is missing; not_affected needs one of ${JUSTIFICATIONS.join(', ')}, or an impact_statement`,
    );
  }
  const action = excerpt(given.action_statement, WORDS_LENGTH_MAX);
  if (status === 'affected' && action === '') {
    throw invalid(place, 'action_statement', 'is missing; affected says what to do about it');
  }
  const words = impact || action;
  const timestamp = optionalText(place, 'timestamp', given.timestamp) ?? issued;
  timeOf(place, 'timestamp', timestamp);
  const said = {
    vulnerabilities: [name, ...aliases],
    status,
    ...(justification === undefined ? {} : { justification }),
    ...(words === '' ? {} : { words }),
    author,
    timestamp,
  };
  const products = listOf(place, 'products', given.products, PRODUCTS_MAX);
  if (products.length === 0)
    throw invalid(place, 'products', 'are missing; a statement is about at least one product');
  return products.flatMap((one, index) => {
    const field = `products[${index}]`;
    const product = fieldsOf(place, field, one);
    const purl = purlOf(place, field, product);
    const parts = listOf(place, `${field}.subcomponents`, product.subcomponents, PRODUCTS_MAX).map(
      (part, number) =>
        purlOf(
          place,
          `${field}.subcomponents[${number}]`,
          fieldsOf(place, `${field}.subcomponents[${number}]`, part),
        ),
    );
    const about = parts.length > 0 ? parts.map((part) => ({ purl: part, within: purl })) : [{ purl }];
    return about.flatMap((what) => {
      const { key } = keyOf(place, field, what.purl);
      return key === undefined ? [] : [{ key, statement: { ...said, ...what } }];
    });
  });
}

/** The package URL among a product's identifiers. */
function purlOf(place: Place, field: string, product: Fields): string {
  const identifiers =
    product.identifiers === undefined ? {} : fieldsOf(place, `${field}.identifiers`, product.identifiers);
  const text =
    optionalText(place, `${field}.identifiers.purl`, identifiers.purl) ??
    textOf(place, `${field}.@id`, product['@id']);
  if (!text.startsWith('pkg:')) {
    throw invalid(
      place,
      `${field}.@id`,
      `is ${shown(text)}; products are told by a package URL here, pkg:deb/debian/openssl`,
    );
  }
  parsePurl(place, `${field}.@id`, text);
  return text;
}

function keyOf(place: Place, field: string, purl: string): { readonly key?: PackageKey } {
  const parsed = parsePurl(place, field, purl);
  nameOf(place, field, fullName(parsed));
  if (parsed.type === 'npm') return { key: packageKey('npm', fullName(parsed)) };
  return parsed.type === 'deb' && parsed.namespace === 'debian'
    ? { key: packageKey('debian', parsed.name) }
    : {};
}

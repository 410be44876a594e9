/** `CORSConfiguration`, to a Bucket's spec and back; and which of its rules a web page's request falls under. */
import type { Static } from 'typebox';
import type { cors } from '../../bucket/settings.ts';
import { present } from '../headers/fields.ts';
import { Reader } from '../xml/reader.ts';
import { document, element } from '../xml/write.ts';

/** As a Bucket's spec has it. */
export type Cors = Static<typeof cors>;
type Rule = Cors[number];

const RULES_MAX = 100;
const VALUES_MAX = 100;
const METHODS = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'] as const;
const AGE = { min: 0, max: 86_400 };
/** What an answer to a page of another origin depends on. */
export const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

export function readCors(bytes: Uint8Array): Cors {
  return Reader.document(bytes, 'CORSConfiguration', (root) => {
    const rules = root.all('CORSRule', RULES_MAX, readRule);
    if (rules.length === 0) throw root.wrong('there is no CORSRule');
    return [...rules];
  });
}

function readRule(rule: Reader): Rule {
  const patterns = (name: string) => {
    const values = rule.texts(name, VALUES_MAX);
    if (values.some((value) => value === '' || value.split('*').length > 2))
      throw rule.wrong(`each ${name} has at most one *`);
    return [...values];
  };
  const allowedMethods = rule.texts('AllowedMethod', METHODS.length).map((text) => {
    const method = METHODS.find((one) => one === text);
    if (!method) throw rule.wrong(`AllowedMethod is one of ${METHODS.join(', ')}`);
    return method;
  });
  const allowedOrigins = patterns('AllowedOrigin');
  if (allowedMethods.length === 0) throw rule.wrong('AllowedMethod is missing');
  if (allowedOrigins.length === 0) throw rule.wrong('AllowedOrigin is missing');
  const allowedHeaders = patterns('AllowedHeader');
  const exposeHeaders = rule.texts('ExposeHeader', VALUES_MAX);
  const id = rule.text('ID');
  return {
    ...present('id', id === '' ? undefined : id),
    allowedOrigins,
    allowedMethods,
    ...(allowedHeaders.length > 0 && { allowedHeaders }),
    ...(exposeHeaders.length > 0 && { exposeHeaders: [...exposeHeaders] }),
    ...present('maxAgeSeconds', rule.integer('MaxAgeSeconds', AGE)),
  };
}

export function corsDocument(rules: Cors): string {
  return document(
    'CORSConfiguration',
    rules.map(
      ({ id, allowedOrigins, allowedMethods, allowedHeaders = [], exposeHeaders = [], maxAgeSeconds }) =>
        element('CORSRule', [
          element('ID', id),
          ...allowedOrigins.map((value) => element('AllowedOrigin', value)),
          ...allowedMethods.map((value) => element('AllowedMethod', value)),
          ...allowedHeaders.map((value) => element('AllowedHeader', value)),
          ...exposeHeaders.map((value) => element('ExposeHeader', value)),
          element('MaxAgeSeconds', maxAgeSeconds),
        ]),
    ),
  );
}

export interface CorsAsked {
  readonly origin: string;
  readonly method: string;
  /** Of a preflight: in lower case, what the page wants to send. */
  readonly headers?: readonly string[];
}

/** The headers that the answer has then; `undefined` where no rule allows it. The first rule that fits counts. */
export function corsHeaders(rules: Cors, asked: CorsAsked): Readonly<Record<string, string>> | undefined {
  const { origin, method, headers = [] } = asked;
  for (const rule of rules) {
    const pattern = rule.allowedOrigins.find((one) => matches(one, origin));
    if (pattern === undefined || !rule.allowedMethods.some((one) => one === method)) continue;
    const allowed = (rule.allowedHeaders ?? []).map((one) => one.toLowerCase());
    if (!headers.every((header) => allowed.some((one) => matches(one, header)))) continue;
    const any = pattern === '*';
    return {
      'access-control-allow-origin': any ? '*' : origin,
      'access-control-allow-methods': rule.allowedMethods.join(', '),
      ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
      ...(rule.exposeHeaders?.length && { 'access-control-expose-headers': rule.exposeHeaders.join(', ') }),
      ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
      ...(!any && { 'access-control-allow-credentials': 'true' }),
      vary: VARY,
    };
  }
  return undefined;
}

/** One `*` stands for any characters. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const end = pattern.slice(star + 1);
  return text.length >= pattern.length - 1 && text.startsWith(pattern.slice(0, star)) && text.endsWith(end);
}

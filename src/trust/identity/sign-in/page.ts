/**
 * The frame of every page, and what browsers are told about it: nothing from anywhere but this answer, no frames, no script but the one for
 * passkeys where a page offers them. Pure.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { organizationOf, type RealmId } from '#kernel/realm-id.ts';
import { sendWhole } from '../send-whole.ts';
import type { Page } from '../sign-in.ts';
import { Html, html } from './html.ts';
import { asLanguage, LANGUAGES } from './languages.ts';
import { STYLE } from './style.ts';
import type { Texts } from './texts.ts';

const SCRIPT = readFileSync(new URL('./passkey-client.js', import.meta.url), 'utf8');

const digestOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const STYLE_DIGEST = digestOf(STYLE);
const SCRIPT_DIGEST = digestOf(SCRIPT);

export interface PageContent {
  readonly realm: RealmId;
  readonly texts: Texts;
  readonly title: string;
  readonly body: Html;
  /** Whether the page offers passkeys, which need a script and one request of its own. */
  readonly passkeys?: boolean;
  /** Whether its forms lead nowhere but here. Not so where the OpenID Provider redirects afterwards. */
  readonly formsStay?: boolean;
  /** Where the switch of languages leads; without one there is none. */
  readonly here?: string;
}

/** Content-Security-Policy (CSP level 3) of a page. */
export function policyOf({ passkeys, formsStay }: Pick<PageContent, 'passkeys' | 'formsStay'>): string {
  return [
    "default-src 'none'",
    `style-src ${STYLE_DIGEST}`,
    ...(passkeys ? [`script-src ${SCRIPT_DIGEST}`, "connect-src 'self'"] : []),
    'img-src data:',
    ...(formsStay ? ["form-action 'self'"] : []),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Whose pages these are, as they say it at the top. */
export const realmTitle = (realm: RealmId, texts: Texts): string => organizationOf(realm) ?? texts.region;

function languageSwitch(texts: Texts, here: string): Html {
  const items = Object.entries(LANGUAGES).map(([language, name]) => {
    const current = language === texts.language;
    return html`<li><a href="${here}?lang=${language}" lang="${language}" hreflang="${language}"${
      current && html` aria-current="true"`
    }>${name}</a></li>`;
  });
  return html`<footer><nav aria-label="${texts.languageSwitch}"><ul>${items}</ul></nav></footer>`;
}

export function pageOf(content: PageContent): Page {
  const { realm, texts, title, body, passkeys, here } = content;
  const realmName = realmTitle(realm, texts);
  const document = html`<!doctype html>
<html lang="${asLanguage(texts.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${realmName}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>Casemate · ${realmName}</header>
<main>
<h1>${title}</h1>
${body}
</main>
${here !== undefined && languageSwitch(texts, here)}
${passkeys && html`<script>${new Html(SCRIPT)}</script>`}
</body>
</html>
`;
  return {
    html: document.text,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': texts.language,
      'Content-Security-Policy': policyOf(content),
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      // With `no-referrer` browsers would not say where a form came from.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      Vary: 'Accept-Language, Cookie',
    },
  };
}

/** Sends a page; resolves when all of it is with the operating system, or the client has gone. */
export async function sendPage(response: ServerResponse, page: Page, code = 200): Promise<void> {
  await ended(response, code, { ...page.headers }, Buffer.from(page.html, 'utf8'));
}

export async function sendJson(response: ServerResponse, value: unknown, code = 200): Promise<void> {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  await ended(response, code, headers, Buffer.from(JSON.stringify(value), 'utf8'));
}

/** Sends the browser on, by GET, to a path of ours. */
export async function sendOn(response: ServerResponse, path: string): Promise<void> {
  await ended(response, 303, { Location: path, 'Cache-Control': 'no-store' }, Buffer.alloc(0));
}

function ended(
  response: ServerResponse,
  code: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Length', body.length);
  response.writeHead(code);
  return sendWhole(response, body);
}

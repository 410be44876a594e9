/** A browser without scripts: keeps cookies, sends forms as they stand on the page. Tests only. */
import { request as httpsRequest } from 'node:https';

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export class Visitor {
  readonly cookies = new Map<string, string>();
  /** Sent with every request. */
  readonly headers: Record<string, string>;
  readonly #ca: string;

  constructor(ca: string, headers: Record<string, string> = {}) {
    this.#ca = ca;
    this.headers = headers;
  }

  get(url: string): Promise<Answer> {
    return this.#send('GET', url, undefined, {});
  }

  /** Sends fields as a form of a page below the same host would be. */
  post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const origin = headers.Origin ?? new URL(url).origin;
    const type = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: origin };
    return this.#send('POST', url, new URLSearchParams(fields).toString(), { ...type, ...headers });
  }

  /** Sends fields as a program does, which is on no page. */
  ask(url: string, fields: Record<string, string>): Promise<Answer> {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.#send('POST', url, new URLSearchParams(fields).toString(), type);
  }

  /** Opens a page and sends its form that leads to `action` (its end), filled in. */
  async submit(page: string, action: string, fields: Record<string, string>): Promise<Answer> {
    const { text } = await this.get(page);
    return this.fill(page, text, action, fields);
  }

  /** Sends the form of a page that is open. */
  fill(page: string, text: string, action: string, fields: Record<string, string>): Promise<Answer> {
    const form = [...text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].find(([, to = '']) =>
      to.endsWith(action),
    );
    if (!form) throw new Error(`no form leads to ${action}: ${text.slice(0, 2_000)}`);
    const [, to = '', inside = ''] = form;
    const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
    const known = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    return this.post(new URL(to, page).href, { ...known, ...fields });
  }

  #send(
    method: string,
    url: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = { ...this.headers, ...headers, ...(cookie === '' ? {} : { Cookie: cookie }) };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(url, { method, ca: this.#ca, headers: sent, agent: false }, (response) => {
        for (const line of response.headersDistinct['set-cookie'] ?? []) this.#keep(line);
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/; Max-Age=0/.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** What a page says to somebody who hears it: its text without markup. */
export const spoken = (html: string): string =>
  html
    .replace(/<(style|script)>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();

/** The key for an authenticator app that a page shows. */
export const shownKey = (html: string): string =>
  (/data-secret>([A-Z2-7 ]+)</.exec(html)?.[1] ?? '').replaceAll(' ', '');

/** The recovery codes that a page shows. */
export const shownCodes = (html: string): readonly string[] =>
  [...html.matchAll(/<li>([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})<\/li>/g)].map(([, code = '']) => code);

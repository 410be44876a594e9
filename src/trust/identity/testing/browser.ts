/** As much of a browser as signing in takes: cookies by path, forms, redirects one at a time. Tests only. */
import { Agent, request as httpsRequest } from 'node:https';

export interface BrowserAnswer {
  readonly code: number;
  readonly url: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Where it redirects to, absolute. */
  readonly location: string | undefined;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What any answer may take in a test, however busy the machine: past it a test fails and says what it waited for, instead of never ending. */
export const TEST_ANSWER_MS_MAX = 60_000;

export async function ask(
  agent: Agent,
  url: string,
  { method = 'GET', headers = {}, body }: Ask,
): Promise<BrowserAnswer> {
  const signal = AbortSignal.timeout(TEST_ANSWER_MS_MAX);
  return new Promise((resolve, fail) => {
    const reject = (error: Error) =>
      fail(
        signal.aborted
          ? new Error(`${method} ${url}: no whole answer within ${TEST_ANSWER_MS_MAX} ms`, { cause: error })
          : error,
      );
    const asked = { agent, method, headers, servername: 'localhost', signal };
    const request = httpsRequest(url, asked, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { location } = response.headers;
        resolve({
          code: response.statusCode ?? 0,
          url,
          text: Buffer.concat(chunks).toString('utf8'),
          headers: response.headers,
          location: location === undefined ? undefined : new URL(location, url).href,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const FORM = 'application/x-www-form-urlencoded';
const REDIRECTS_MAX = 10;

export class Browser {
  readonly #agent: Agent;
  readonly #cookies = new Map<string, Cookie>();

  constructor(ca: string) {
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  get cookies(): readonly string[] {
    return [...this.#cookies.keys()];
  }

  /** Copies of what the browser would send, for somebody who steals it. */
  copyFrom(other: Browser): void {
    for (const [name, cookie] of other.#cookies) this.#cookies.set(name, cookie);
  }

  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<BrowserAnswer> {
    return this.#send(url, { headers });
  }

  async post(url: string, fields: Readonly<Record<string, string>>): Promise<BrowserAnswer> {
    const headers = { 'Content-Type': FORM, Origin: new URL(url).origin };
    return this.#send(url, { method: 'POST', headers, body: new URLSearchParams(fields).toString() });
  }

  /** Goes on as long as it is sent on within the origin; gives the answer that is no redirect, or leaves. */
  async follow(answer: BrowserAnswer): Promise<BrowserAnswer> {
    let at = answer;
    for (let count = 0; count < REDIRECTS_MAX; count++) {
      if (at.location === undefined || new URL(at.location).origin !== new URL(at.url).origin) return at;
      // What comes back to the console is the test's own.
      if (new URL(at.location).pathname.endsWith('/console/signed-in')) return at;
      at = await this.get(at.location);
    }
    throw new Error(`redirected ${REDIRECTS_MAX} times: ${at.location}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(url: string, asked: Ask): Promise<BrowserAnswer> {
    const { pathname } = new URL(url);
    const fits = [...this.#cookies].filter(
      ([, { path }]) => path === '/' || pathname === path || pathname.startsWith(`${path}/`),
    );
    const Cookie = fits.map(([name, { value }]) => `${name.split('\0')[0]}=${value}`).join('; ');
    const headers = { Accept: 'text/html', ...(Cookie === '' ? {} : { Cookie }), ...asked.headers };
    const answer = await ask(this.#agent, url, { ...asked, headers });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(name.length + 1);
    const path = attributes.find((each) => /^path=/i.test(each))?.slice('path='.length) ?? '/';
    const key = `${name}\0${path}`;
    if (value === '') this.#cookies.delete(key);
    else this.#cookies.set(key, { value, path });
  }
}

/** The action and the hidden fields of the first form of a page. */
export function formOf(html: string): { readonly action: string; readonly fields: Record<string, string> } {
  const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1];
  if (action === undefined) throw new Error(`no form in ${html}`);
  const fields: Record<string, string> = {};
  for (const [input] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const [, name = ''] = /name="([^"]*)"/.exec(input) ?? [];
    [, fields[name] = ''] = /value="([^"]*)"/.exec(input) ?? [];
  }
  return { action, fields };
}

/**
 * Debian's Chromium, driven by playwright-core, for tests of pages. It trusts one server certificate by its key, asks nothing of the
 * outside by itself, and every request and every line on its console is written down.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { openBrowserNetwork } from './browser-network.ts';

/** What a page waits for may take an engine's work, on a machine that many tests keep busy; how long is nothing that a test asserts. */
const WAIT_MAX_MS = 90_000;
const EXECUTABLE = fileURLToPath(new URL('chromium-inside.sh', import.meta.url));

export interface OpenedBrowser {
  /** A window that shares nothing with others. */
  visit(options?: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

export interface VisitOptions {
  readonly locale?: string;
  readonly javaScriptEnabled?: boolean;
  readonly colorScheme?: 'light' | 'dark';
}

export interface Visit {
  readonly page: Page;
  /** Addresses that were asked for anything. */
  readonly origins: () => ReadonlySet<string>;
  /** What pages complained of on the console, but for answers like 401 that a test asks for. */
  readonly complaints: () => readonly string[];
  /** Gives the window a security key with the person always verified; it keeps what is made on it. */
  securityKey(): Promise<SecurityKey>;
  close(): Promise<void>;
}

export interface SecurityKey {
  /** The signature counters of what it holds. */
  counters(): Promise<readonly number[]>;
  /** Puts the counters of everything it holds back to a number, as a copy made earlier would have it. */
  setCounters(count: number): Promise<void>;
  /** Whether the person is there to be verified. */
  setVerified(verified: boolean): Promise<void>;
  /** Gives another window a key that holds the same. */
  copyTo(page: Page): Promise<void>;
}

/** What Chromium calls the public key of a certificate. */
const keyDigest = (pem: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

/** Every name that a page asks for is this machine. */
export async function openChromium(serverCertificate: string): Promise<OpenedBrowser> {
  const network = await openBrowserNetwork();
  try {
    const browser = await chromium.launch({
      executablePath: EXECUTABLE,
      env: { ...process.env, CHROMIUM_NETWORK: `${network.pid}` },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        `--proxy-server=${network.proxy}`,
        // Loopback too is on the other side of it.
        '--proxy-bypass-list=<-loopback>',
        `--ignore-certificate-errors-spki-list=${keyDigest(serverCertificate)}`,
      ],
    });
    return {
      visit: (options = {}) => openVisit(browser, options),
      async close() {
        await browser.close();
        await network.close();
      },
    };
  } catch (error) {
    await network.close();
    throw error;
  }
}

async function openVisit(browser: Browser, options: VisitOptions): Promise<Visit> {
  const context: BrowserContext = await browser.newContext({
    locale: options.locale ?? 'en-GB',
    javaScriptEnabled: options.javaScriptEnabled ?? true,
    colorScheme: options.colorScheme ?? 'light',
  });
  context.setDefaultTimeout(WAIT_MAX_MS);
  const origins = new Set<string>();
  const complaints: string[] = [];
  context.on('request', (request) => origins.add(new URL(request.url()).origin));
  const page = await context.newPage();
  context.on('weberror', (problem) => complaints.push(problem.error().message));
  context.on('console', (message) => {
    const text = message.text();
    // Chromium writes one line for each page that is answered with a refusal.
    const wasAsked =
      text.startsWith('Failed to load resource: the server responded with a status of 4') ||
      /^WebSocket connection to .* failed: HTTP Authentication failed/.test(text);
    if ((message.type() === 'error' || message.type() === 'warning') && !wasAsked) complaints.push(text);
  });
  return {
    page,
    origins: () => origins,
    complaints: () => complaints,
    securityKey: () => securityKey(page),
    close: () => context.close(),
  };
}

async function addAuthenticator(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  return { session, authenticatorId };
}

async function securityKey(page: Page): Promise<SecurityKey> {
  const { session, authenticatorId } = await addAuthenticator(page);
  const credentials = async () =>
    (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  return {
    counters: async () => (await credentials()).map(({ signCount }) => signCount),
    async setCounters(signCount) {
      for (const credential of await credentials()) {
        const { credentialId } = credential;
        await session.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
        await session.send('WebAuthn.addCredential', {
          authenticatorId,
          credential: { ...credential, signCount },
        });
      }
    },
    async setVerified(isUserVerified) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    async copyTo(other) {
      const copy = await addAuthenticator(other);
      for (const credential of await credentials())
        await copy.session.send('WebAuthn.addCredential', {
          authenticatorId: copy.authenticatorId,
          credential,
        });
    },
  };
}

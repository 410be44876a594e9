/** A region with an organization, people who sign in with passkeys, and Chromium: for tests of the console. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Page } from 'playwright-core';
import {
  type OpenedBrowser,
  openChromium,
  type SecurityKey,
  type Visit,
  type VisitOptions,
} from '../sign-in/chromium.ts';
import { createOrganization, type Member } from '../support/project.ts';
import { type RegionOptions, startRegion, type TestRegion } from '../support/region.ts';

export interface ConsoleWorld {
  readonly region: TestRegion;
  /** The organization's first administrator, with a kubeconfig. */
  readonly admin: Member;
  readonly organization: string;
  /** Somebody with a passkey of their own, signed in to the console of the organization, or of the region where `place` says so. */
  signIn(options: SignInOptions): Promise<SignedInVisit>;
  close(): Promise<void>;
}

export interface SignInOptions extends VisitOptions {
  readonly user: string;
  /** Roles in the realm: `organization-admin`. */
  readonly roles: readonly string[];
  readonly place?: 'organization' | 'region';
}

export interface SignedInVisit extends Visit {
  readonly key: SecurityKey;
  /** The address of the console, with its last slash. */
  readonly base: string;
}

export type ConsoleWorldOptions = Pick<RegionOptions, 'settings' | 'disk_bytes'>;

const ORGANIZATION = 'ministry';

export async function startConsoleWorld(options: ConsoleWorldOptions = {}): Promise<ConsoleWorld> {
  const region = await startRegion({ settings: '', ...options });
  let chromium: OpenedBrowser | undefined;
  const close = async () => {
    await chromium?.close();
    await region.destroy();
  };
  try {
    const admin = await createOrganization(region, ORGANIZATION);
    chromium = await openChromium(await certificateOf(region.url));
    const browser = chromium;
    return {
      region,
      admin,
      organization: ORGANIZATION,
      close,
      async signIn({ user, roles, place = 'organization', ...visitOptions }) {
        const prefix = place === 'region' ? '' : `/orgs/${ORGANIZATION}`;
        // Passkeys belong to names: of an address a browser makes none.
        const base = `${region.url.replace('127.0.0.1', 'localhost')}${prefix}/console/`;
        const command = place === 'region' ? region.casemate : admin.casemate;
        const said = await command('user', 'invite', user, ...roles.flatMap((role) => ['--role', role]));
        const link = /^ {2}(\S+)$/m.exec(said)?.[1] ?? '';
        const visit = await browser.visit(visitOptions);
        const key = await visit.securityKey();
        await register(visit.page, link);
        await visit.page.goto(base);
        await signInWithPasskey(visit.page);
        return { ...visit, key, base };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Follows an invitation and makes a passkey, in whatever language the page speaks. */
async function register(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.locator('button').first().click();
  await page.waitForURL(/\/passkey$/);
}

export async function signInWithPasskey(page: Page): Promise<void> {
  await page.locator('button').first().click();
  await page.waitForURL(/\/console\//);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** The server's, as PEM: a browser is told to trust this very key. */
async function certificateOf(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error(`${url} showed no certificate`);
  return certificate.toString();
}

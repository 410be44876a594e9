/** Puts the sign-in room's pages where the provider shows something by itself. */
import type { ProviderContext } from 'oidc-provider/lib/provider.js';
import type { RealmId } from '#kernel/realm-id.ts';
import type { Page, ProviderPages } from '../sign-in.ts';

/** Controls that the provider puts into its form and that the page draws itself, labelled and in its own words. */
const VISIBLE_INPUT = /<input\s[^>]*type="text"[^>]*>(?:<\/input>)?/;
const FORM_ID = /<form id="([^"]+)"/;

/** The provider's form with its hidden fields only. */
export function hiddenForm(html: string): { html: string; id: string } {
  const id = FORM_ID.exec(html)?.[1];
  if (id === undefined) throw new Error('the provider made a form without an id');
  return { html: html.replace(VISIBLE_INPUT, ''), id };
}

function show(ctx: ProviderContext, page: Page): void {
  ctx.type = 'html';
  for (const [name, value] of Object.entries(page.headers)) ctx.set(name, value);
  ctx.body = page.html;
}

/** The `user_code` that a link carried; it fills in the form, and a person still has to send it. */
export const SUGGESTED_CODE = Symbol('suggested user code');

/** Functions as `oidc-provider` is configured with them. */
export function pageSources(realm: RealmId, pages: ProviderPages) {
  const asked = ({ req }: ProviderContext) => ({ realm, incoming: req });
  return {
    userCodeInputSource(ctx: ProviderContext, form: string, _out?: unknown, error?: { userCode?: string }) {
      const suggested = (ctx.req as { [SUGGESTED_CODE]?: string })[SUGGESTED_CODE];
      const code = error?.userCode ?? suggested;
      const said = { wrong: error !== undefined, ...(code === undefined ? {} : { code }) };
      show(ctx, pages.askUserCode(asked(ctx), hiddenForm(form), said));
    },
    userCodeConfirmSource(
      ctx: ProviderContext,
      form: string,
      client: { clientId: string; clientName?: string },
      _deviceInfo: unknown,
      code: string,
    ) {
      // Whether it is confirmed is for the button to say.
      const { html, id } = hiddenForm(form.replace(/<input[^>]*name="confirm"[^>]*>/, ''));
      const device = { client: client.clientName ?? client.clientId, code };
      show(ctx, pages.confirmUserCode(asked(ctx), { html, id }, device));
    },
    successSource: (ctx: ProviderContext) => show(ctx, pages.deviceSignedIn(asked(ctx))),
    logoutSource: (ctx: ProviderContext, form: string) =>
      show(ctx, pages.askSignOut(asked(ctx), hiddenForm(form))),
    postLogoutSuccessSource: (ctx: ProviderContext) => show(ctx, pages.signedOut(asked(ctx))),
    renderError(ctx: ProviderContext, out: { error: string; error_description?: string }) {
      const { error, error_description: description } = out;
      show(ctx, pages.problem(asked(ctx), { error, ...(description === undefined ? {} : { description }) }));
    },
  };
}

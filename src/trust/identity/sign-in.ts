/**
 * The contract between the OpenID Provider (`oidc/`) and those who know people (`people/`, `sign-in/`). The provider speaks the protocol
 * and never sees a password or a passkey; sign-in proves who somebody is and never sees a code or a token.
 */
import type { IncomingMessage } from 'node:http';
import type { RealmView } from '#kernel/realm.ts';
import type { RealmId } from '#kernel/realm-id.ts';
import type { RouteRequest } from '#kernel/route.ts';

/** How somebody proved who they are, weakest last. */
export type SignInStrength = 'passkey' | 'password+totp' | 'federated';

export interface SignedIn {
  /** `metadata.uid` and `metadata.name` of the User. */
  readonly userUid: string;
  readonly user: string;
  readonly strength: SignInStrength;
  /** When it was proved: milliseconds since the Unix epoch. */
  readonly at_ms: number;
}

/** One attempt to sign in, which the provider began and keeps. */
export interface Interaction {
  /** Unguessable, and bound to the browser by a cookie of the provider's. */
  readonly id: string;
  /** `client_id` of the relying party, such as `casemate-console`. */
  readonly client: string;
  /** What stands after `<prefix>/oidc/interaction/<id>`: '' or `/…`, undecoded. */
  readonly path: string;
  /** `login_hint` of the relying party, unchecked: at most 256 characters. */
  readonly loginHint?: string;
  /** True when the relying party wants it proved again, whatever came before. */
  readonly again: boolean;
}

export interface SignIn {
  /**
   * Called for every request (GET and POST) below `<prefix>/oidc/interaction/<id>`, with an interaction that exists and belongs to this
   * browser. Writes the whole answer and gives undefined, until somebody is signed in; then gives who, and has not touched the response:
   * the provider makes the Session and redirects. Reads the body itself, with a bound. Forms must be answered by a page or a redirect
   * within this origin; the provider's own redirect afterwards leaves it (to the relying party), which browsers hold against a
   * `form-action` directive of the page that was submitted, so pages have none.
   */
  handle(request: RouteRequest, interaction: Interaction): Promise<SignedIn | undefined>;
}

/** A whole page; `headers` carry its Content-Security-Policy. Sent as UTF-8 HTML. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PageRequest {
  readonly realm: RealmId;
  /** For `Accept-Language`. */
  readonly incoming: IncomingMessage;
}

/** A form that the provider made, complete with its hidden fields: `<form id="…" method="post" action="…">…</form>`. */
export interface ProviderForm {
  /** Goes into the page as it is. */
  readonly html: string;
  /** For the `form` attribute of the controls that the page adds: they stand outside of it. */
  readonly id: string;
}

/** The pages that the protocol shows by itself. Each gives a whole document; none may need a script. */
export interface ProviderPages {
  /** Asks for the code that `casemate login` shows: a control named `user_code`, filled in with `code` if given. */
  askUserCode(request: PageRequest, form: ProviderForm, said: { code?: string; wrong: boolean }): Page;
  /** Shows the code again: a button named `confirm` (value `yes`) and one named `abort` (value `yes`). */
  confirmUserCode(request: PageRequest, form: ProviderForm, device: { client: string; code: string }): Page;
  /** The device is signed in; the page can be closed. */
  deviceSignedIn(request: PageRequest): Page;
  /** Asks whether to sign out: a button named `logout` with value `yes`. */
  askSignOut(request: PageRequest, form: ProviderForm): Page;
  signedOut(request: PageRequest): Page;
  /** A request of a relying party that cannot go on. `error` is OAuth's word, `description` English for its developers. */
  problem(request: PageRequest, problem: { error: string; description?: string }): Page;
}

/** Somebody who may act now. */
export interface Person {
  readonly uid: string;
  /** `metadata.name`: the actor's name, and what role bindings name. */
  readonly name: string;
  /** Groups that list them and groups that their identity provider gave, without `system:…`. */
  readonly groups: readonly string[];
  readonly displayName?: string;
  readonly email?: string;
}

export interface People {
  /**
   * By the User's uid, as of this view. Undefined when there is none, or they are disabled or being deleted: nothing they had
   * counts any more. Pure, and asked with every request: what costs time is remembered by the revisions it came from.
   */
  find(view: RealmView, userUid: string): Person | undefined;
}

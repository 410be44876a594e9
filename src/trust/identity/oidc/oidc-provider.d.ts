/** As much of `oidc-provider` as is used here: the package has no types of its own. */

declare module 'oidc-provider/lib/provider.js' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface ProviderSession {
    readonly uid: string;
    accountId?: string;
    /** Ours: the Session object that this browser's sign-in stands on. */
    signIn?: string;
    grantIdFor(clientId: string): string | undefined;
    sidFor(clientId: string, sid?: string): string | undefined;
  }

  export interface ProviderClient {
    readonly clientId: string;
    readonly clientName?: string;
    readonly applicationType: 'web' | 'native';
    readonly clientAuthMethod: string;
    readonly redirectUris: readonly string[];
    readonly backchannelLogoutUri?: string;
    grantTypeAllowed(type: string): boolean;
  }

  export interface ProviderGrant {
    jti?: string;
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  /** A Koa context of the provider. */
  export interface ProviderContext {
    readonly req: IncomingMessage;
    readonly res: ServerResponse;
    type: string;
    body: unknown;
    set(name: string, value: string): void;
    readonly oidc: {
      readonly route: string;
      readonly session: ProviderSession;
      readonly client: ProviderClient;
      readonly account?: { readonly accountId: string };
      readonly deviceCode?: object;
      readonly result?: Readonly<Record<string, unknown>>;
      readonly requestParamOIDCScopes: ReadonlySet<string>;
    };
  }

  export interface InteractionDetails {
    readonly uid: string;
    /** Of the browser, when the interaction began. */
    session?: { readonly accountId?: string; readonly uid?: string } | undefined;
    persist(): Promise<unknown>;
    readonly prompt: { readonly name: string; readonly reasons: readonly string[] };
    readonly params: Readonly<Record<string, unknown>>;
    readonly deviceCode?: string;
  }

  /** A browser's session as it is kept. */
  export interface StoredSession {
    readonly authorizations?: Readonly<
      Record<string, { readonly grantId?: string; readonly persistsLogout?: boolean }>
    >;
    destroy(): Promise<void>;
  }

  interface Model {
    readonly name: string;
    readonly IN_PAYLOAD: readonly string[];
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    static readonly ctx: ProviderContext | undefined;
    readonly issuer: string;
    readonly Session: Model & { findByUid(uid: string): Promise<StoredSession | undefined> };
    readonly Client: Model & { readonly prototype: object };
    readonly Grant: {
      readonly adapter: { destroy(id: string): Promise<void> };
      new (payload: object): ProviderGrant;
      find(id: string): Promise<ProviderGrant | undefined>;
    };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    on(event: string, listener: (...values: unknown[]) => void): this;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionDetails>;
    /** Gives where to send the browser. */
    interactionResult(request: IncomingMessage, response: ServerResponse, result: object): Promise<string>;
  }
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  export class OIDCProviderError extends Error {
    readonly error: string;
    readonly error_description?: string;
    readonly statusCode: number;
  }
  export class InvalidGrant extends OIDCProviderError {
    constructor(detail: string);
  }
  export class InvalidTarget extends OIDCProviderError {}
  export class SessionNotFound extends OIDCProviderError {}
}

declare module 'oidc-provider/lib/helpers/interaction_policy/index.js' {
  import type { ProviderContext } from 'oidc-provider/lib/provider.js';

  export class Check {
    constructor(
      reason: string,
      description: string,
      error: string,
      check: (ctx: ProviderContext) => boolean | Promise<boolean>,
    );
  }
  export class Prompt {
    constructor(options: { name: string; requestable: boolean });
    readonly checks: { add(check: Check): void };
  }
  interface Policy extends Array<Prompt> {
    get(name: string): Prompt | undefined;
    add(prompt: Prompt): void;
    remove(name: string): void;
  }
  export function base(): Policy;
}

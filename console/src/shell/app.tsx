/** What both consoles are made of: languages, what was asked of the API, and routes. */
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type AnyRouter, RouterProvider } from '@tanstack/react-router';
import '@patternfly/react-core/dist/styles/base.css';
import './app.css';
import { ApiError } from '../api/client.ts';
import { connection } from '../api/connection.ts';
import { comeIn, type Identity, SignInError } from '../session/session.ts';
import { type Rooms, startTexts } from '../texts/texts.ts';
import { IdentityContext } from './identity.ts';
import { showPage } from './page-root.ts';
import { SignInFailed } from './sign-in-failed.tsx';
import { SignedInWindow } from './signed-in-window.tsx';
import { startTheme } from './theme.ts';

const RETRIES_MAX = 3;
const STALE_MS = 30_000;
const RELOADED = 'casemate reloaded';
const RELOAD_AGAIN_MS = 60_000;

/** After a release, or a build, a page that is open asks for parts that are no more: it is loaded anew, but not for ever. */
function reloadWhenReplaced(): void {
  addEventListener('vite:preloadError', () => {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RELOAD_AGAIN_MS) return;
    sessionStorage.setItem(RELOADED, `${Date.now()}`);
    location.reload();
  });
}

/** Shows the console to who is signed in; whoever is not is sent to the provider first. */
export async function startConsole(
  rooms: Rooms,
  makeRouter: (identity: Identity) => AnyRouter,
): Promise<void> {
  startTheme();
  reloadWhenReplaced();
  await startTexts(rooms);
  try {
    const identity = await comeIn();
    showPage(
      <I18nProvider i18n={i18n}>
        {identity === undefined ? (
          <SignedInWindow />
        ) : (
          <QueryClientProvider client={startQueries()}>
            <IdentityContext value={identity}>
              <RouterProvider router={makeRouter(identity)} />
            </IdentityContext>
          </QueryClientProvider>
        )}
      </I18nProvider>,
    );
  } catch (error) {
    if (!(error instanceof SignInError)) throw error;
    showPage(
      <I18nProvider i18n={i18n}>
        <SignInFailed reason={error.message} isWindow={error.isForAnotherPage} />
      </I18nProvider>,
    );
  }
}

function startQueries(): QueryClient {
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        // What was refused would be refused again.
        retry: (count, error) => !(error instanceof ApiError) && count < RETRIES_MAX,
      },
    },
  });
  // What failed because nobody answered, or nobody was signed in, is asked once more when that is over.
  connection.subscribe(() => {
    if (connection.state() !== 'connected') return;
    void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
  });
  return queries;
}

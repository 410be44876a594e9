/**
 * A window to sign in again in, beside a page that has something to lose. The provider's pages cut every tie between windows
 * (Cross-Origin-Opener-Policy), and an organization's own identity provider may stand elsewhere: so the two speak over a BroadcastChannel, which only
 * pages of this very origin hear. It is named by the random `state` of this one request, and what is said there is `code` and `state` alone; a code is
 * worth nothing without the verifier, which never leaves the page that began (RFC 7636).
 */

/** How the `state` of such a request begins, so that the window knows that it is not there for itself. */
const PREFIX = 'window.';
const FEATURES = 'popup,width=520,height=760';

interface Handed {
  readonly code: string;
  readonly state: string;
}

let channel: BroadcastChannel | undefined;

const channelOf = (state: string) => new BroadcastChannel(`casemate sign-in ${state}`);

export const newState = (random: string): string => `${PREFIX}${random}`;
export const isForAnotherPage = (state: string): boolean => state.startsWith(PREFIX);

/** Only within a person's click. Undefined: this browser opens none. */
export const openWindow = (): Window | undefined => open('about:blank', '_blank', FEATURES) ?? undefined;

/** Resolves with the code for `state`, when somebody has signed in there; the one who asks last is the one who hears. */
export function openedSignIn(opened: Window, url: string, state: string): Promise<string> {
  channel?.close();
  const own = channelOf(state);
  channel = own;
  const heard = new Promise<string>((resolve) => {
    own.addEventListener('message', ({ data }: MessageEvent<Partial<Handed> | null>) => {
      if (data?.state !== state || typeof data.code !== 'string') return;
      // The window closes when it hears this.
      own.postMessage('taken');
      own.close();
      resolve(data.code);
    });
  });
  opened.location.replace(url);
  return heard;
}

/** In the window: gives what the provider said to the page that waits for it, and closes when that has it. */
export function handOver(code: string, state: string): void {
  const own = channelOf(state);
  own.addEventListener('message', () => close());
  const handed: Handed = { code, state };
  own.postMessage(handed);
}

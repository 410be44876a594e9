/** A token that counts, of a sign-in on this machine: the one that is there, or a renewed one. */
import { ownCommand } from '../own-command.ts';
import { CliError, EXIT } from '../resources/errors.ts';
import { discover, OpenIdError, refresh } from './openid.ts';
import { readSignIn, removeSignIn, type SignInFile, withSignInLock, writeSignIn } from './sign-in-file.ts';

/** A token that ends sooner is renewed: it has to last for the request it is for. */
const LEFT_MS_MIN = 60_000;

const signedOut = (server?: string) =>
  new CliError('you are not signed in, or your session has ended', {
    exitCode: EXIT.refused,
    hint: `run \`${ownCommand()} login${server === undefined ? '' : ` --server ${server}`}\``,
  });

const isFresh = ({ expires_ms }: SignInFile) => expires_ms - Date.now() > LEFT_MS_MIN;

async function renewed(id: string): Promise<SignInFile> {
  return withSignInLock(id, async () => {
    // Another command may have renewed it meanwhile.
    const current = await readSignIn(id);
    if (!current) throw signedOut();
    if (isFresh(current)) return current;
    const { server, ca, refreshToken } = current;
    try {
      const tokens = await refresh(await discover(server, ca), ca, refreshToken);
      const next = {
        server,
        ca,
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expires_ms: Date.now() + tokens.expires_in * 1000,
      };
      await writeSignIn(id, next);
      return next;
    } catch (error) {
      if (!(error instanceof OpenIdError) || error.error !== 'invalid_grant') throw error;
      await removeSignIn(id);
      throw signedOut(server);
    }
  });
}

/** Throws a CliError that says how to sign in when nobody is, or the session has ended. */
export async function accessToken(id: string): Promise<SignInFile> {
  const known = await readSignIn(id);
  if (!known) throw signedOut();
  return isFresh(known) ? known : renewed(id);
}

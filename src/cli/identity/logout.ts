/** `casemate logout`: ends the session at the region, which ends its tokens everywhere, and forgets it here. */
import { CliError, EXIT, reporting } from '../resources/errors.ts';
import { connectionOf, loadKubeconfig } from '../resources/kubeconfig.ts';
import type { SessionOptions } from '../resources/options.ts';
import { discover, revoke } from './openid.ts';
import { readSignIn, removeSignIn, signInId, withSignInLock } from './sign-in-file.ts';

export const logout = reporting(async (options: SessionOptions) => {
  const { server } = connectionOf(loadKubeconfig(options), options.context, { withoutCredentials: true });
  const id = signInId(server);
  await withSignInLock(id, async () => {
    const signIn = await readSignIn(id);
    if (!signIn)
      throw new CliError(`nobody is signed in to ${server} on this machine`, { exitCode: EXIT.refused });
    const { ca, refreshToken } = signIn;
    try {
      await revoke(await discover(server, ca), ca, refreshToken);
    } finally {
      // Whether the region heard of it or not, this machine has it no more.
      await removeSignIn(id);
    }
  });
  process.stdout.write(`signed out of ${server}\n`);
});

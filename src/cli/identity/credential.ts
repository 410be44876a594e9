/** `casemate credential`: what kubectl (and any client of client-go) runs for a token. Prints an ExecCredential, and nothing else. */
import { reporting } from '../resources/errors.ts';
import { accessToken } from './access-token.ts';
import { EXEC_API_VERSION } from './exec-plugin.ts';

export const credential = reporting(async ({ signIn }: { readonly signIn: string }) => {
  const { accessToken: token, expires_ms } = await accessToken(signIn);
  const expirationTimestamp = new Date(expires_ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const value = {
    apiVersion: EXEC_API_VERSION,
    kind: 'ExecCredential',
    status: { token, expirationTimestamp },
  };
  process.stdout.write(`${JSON.stringify(value)}\n`);
});

/** One root vouches for another, so that whoever knows only the first goes on to its end (a cross-certificate, RFC 4949). */
import type { X509Certificate } from 'node:crypto';
import { commonNameOf, NOT_BEFORE_SLACK_MS, type RootAuthority } from './authority.ts';
import { signAuthority } from './tasks.ts';

/** Below the root that is vouched for: an issuer of the region, and organizations' issuers. */
const PATH_LENGTH = 2;

/** What `earlier` says of `root`, in PEM: that it may certify what `earlier` may, for as long as both last. */
export async function vouchFor(
  earlier: RootAuthority,
  { certificate }: { readonly certificate: X509Certificate },
  now_ms: number,
): Promise<string> {
  const signed = await signAuthority(
    {
      usage: 'server',
      commonName: commonNameOf(certificate),
      publicKey: certificate.publicKey,
      notBefore_ms: Math.floor(now_ms / 1000) * 1000 - NOT_BEFORE_SLACK_MS,
      notAfter_ms: Math.min(certificate.validToDate.getTime(), earlier.notAfter_ms),
      pathLength: PATH_LENGTH,
      ...(earlier.constraints ? { constraints: earlier.constraints } : {}),
    },
    earlier.issuer,
  );
  return signed.pem;
}

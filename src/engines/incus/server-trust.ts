/**
 * Which server an Incus client takes for the right one, over TLS: the one that shows exactly a certificate it was given, or one whose
 * certificate a given authority signed for the name that was dialled. No other authority counts, those of this machine included.
 */
import { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const CERTIFICATES_MAX = 16;

/** Parts of Node's TLS options. Throws when the text holds no certificate, or one that cannot be read. */
export function trustOnly(
  pem: string,
): Required<Pick<ConnectionOptions, 'ca' | 'allowPartialTrustChain' | 'checkServerIdentity'>> {
  const texts = pem.match(PEM_CERTIFICATE) ?? [];
  if (texts.length === 0 || texts.length > CERTIFICATES_MAX) {
    throw new TypeError(`holds ${texts.length} certificates in PEM; should hold 1 to ${CERTIFICATES_MAX}`);
  }
  const certificates = texts.map((text) => new X509Certificate(text));
  const hasAuthority = certificates.some(({ ca }) => ca);
  // What Incus makes for itself names the host and nothing else, so whoever pinned it asks for no name.
  const pinned = new Set(certificates.filter(({ ca }) => !ca).map(({ fingerprint256 }) => fingerprint256));
  return {
    ca: [...texts],
    // A pinned certificate that an authority signed is trusted by itself: the authority is not.
    allowPartialTrustChain: true,
    checkServerIdentity(host, shown) {
      if (pinned.has(shown.fingerprint256)) return undefined;
      return hasAuthority
        ? checkServerIdentity(host, shown)
        : new Error('the server shows another certificate than the pinned one');
    },
  };
}

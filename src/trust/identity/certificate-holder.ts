/** A kind other than ClientCertificate whose objects hold a certificate that their realm signed. */
import type { Actor } from '#kernel/access.ts';
import type { Kind } from '#kernel/kind.ts';
import type { KubeObject } from '#kernel/object.ts';
import type { RealmId } from '#kernel/realm-id.ts';

export interface HeldCertificate {
  /** The object that the certificate names, as it is now. */
  readonly object: KubeObject;
  /** Of the certificate that was shown, in lower-case hex. */
  readonly serial: string;
  readonly realm: RealmId;
  readonly now_ms: number;
}

export interface CertificateHolder {
  readonly kind: Kind;
  /**
   * Who it speaks for, and the certificate in PEM that the object holds, which must be the one that was shown. Asked with every request.
   * Throws `unauthorized` when it speaks for nobody any more.
   */
  identify(held: HeldCertificate): { readonly certificate: string; readonly actor: Actor };
}

/** Lets the certificate of a granted AccessRequest speak for its operator, as long as the session lives. */
import { unauthorized } from '#kernel/errors.ts';
import type { CertificateHolder } from '../identity/certificate-holder.ts';
import { AccessRequest, statusOf } from './access-request.ts';
import { liveSession, sessionCredential } from './session.ts';

export const operatorSessions: CertificateHolder = {
  kind: AccessRequest,
  identify({ object, serial, realm, now_ms }) {
    const { certificate, serial: own } = statusOf(object);
    const session = liveSession(object, now_ms);
    if (!session || own !== serial || certificate === undefined) {
      throw unauthorized(
        'the session of this certificate has ended; make another AccessRequest in the region',
      );
    }
    return {
      certificate,
      actor: {
        realm,
        name: session.actorName,
        groups: ['system:operators'],
        credential: sessionCredential(session.uid),
        strength: 'certificate',
        onRecord: true,
      },
    };
  },
};

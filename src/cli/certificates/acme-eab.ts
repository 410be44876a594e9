/** `casemate acme-eab`: what an ACME client registers with, as settings of certbot: a file that certbot reads keeps it out of argument lists. */
import { objectPath } from '../resources/discovery.ts';
import type { SessionOptions } from '../resources/options.ts';
import { inSession, type Session } from '../resources/session.ts';

interface Binding {
  readonly directory: string;
  readonly kid: string;
  readonly hmacKey: string;
}

export const acmeEab = inSession(async (session: Session, _options: SessionOptions, account: string) => {
  session.requireOrganization('casemate acme-eab');
  const type = await session.typeOf('certificates.casemate.internal', 'AcmeAccount');
  const { directory, kid, hmacKey } = await session.client.json<Binding>({
    method: 'POST',
    path: `${objectPath(type, session.project, account)}/eab`,
    body: {},
  });
  process.stdout.write(`server = ${directory}\neab-kid = ${kid}\neab-hmac-key = ${hmacKey}\n`);
});

/** `AccessControlPolicy`: the owner has full control, and nobody else has anything by it. */
import { S3Error } from '../errors.ts';
import { Reader } from '../xml/reader.ts';
import { document, element } from '../xml/write.ts';

const GRANTS_MAX = 100;
const XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"';

/** One that changes nothing is taken; throws AccessControlListNotSupported for all others. `owner`: the organization's name. */
export function checkAcl(bytes: Uint8Array, owner: string): void {
  Reader.document(bytes, 'AccessControlPolicy', (root) => {
    const named = root.one('Owner', readOwner);
    const grants = root.one('AccessControlList', (list) =>
      list.all('Grant', GRANTS_MAX, (grant) => ({
        who: grant.one('Grantee', readOwner),
        permission: grant.text('Permission'),
      })),
    );
    const harmless =
      grants?.every(({ who, permission }) => who === owner && permission === 'FULL_CONTROL') ?? true;
    if (!harmless || (named !== undefined && named !== owner))
      throw new S3Error('AccessControlListNotSupported');
  });
}

function readOwner(from: Reader): string | undefined {
  for (const name of ['DisplayName', 'URI', 'EmailAddress', 'Type']) from.ignore(name);
  return from.text('ID');
}

export function aclDocument(owner: string): string {
  const who = [element('ID', owner), element('DisplayName', owner)];
  return document('AccessControlPolicy', [
    element('Owner', who),
    element('AccessControlList', [
      element('Grant', [element('Grantee', who, XSI), element('Permission', 'FULL_CONTROL')]),
    ]),
  ]);
}

/** Continuation tokens: the last name of a page, in a form that clients take as it is. */
import { invalidArgument } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** What follows is a name in base64url; so another form can follow some day. */
const FORM = '1.';

export function tokenOf(name: string): string {
  return `${FORM}${Buffer.from(name).toString('base64url')}`;
}

/** Throws InvalidArgument for what `tokenOf` did not make. */
export function nameOfToken(token: string): string {
  const bytes = Buffer.from(token.slice(FORM.length), 'base64url');
  try {
    const name = utf8.decode(bytes);
    if (tokenOf(name) === token) return name;
  } catch {
    // Answered below, with what is wrong otherwise.
  }
  throw invalidArgument('continuation-token', token, 'a NextContinuationToken of the answer before');
}

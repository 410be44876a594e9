/** Names of Users and Groups made of what others call them. Pure. */
import { PRINCIPAL_NAME_LENGTH_MAX } from '../../access/names.ts';

const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;

/** Combining marks that NFKD sets apart from their letters. */
const MARKS = /[\u0300-\u036f]/g;

/** `alice.ministry.example` for `Alice@ministry.example`: what objects may be called. Undefined where it cannot be one. */
export function userNameFrom(text: string): string | undefined {
  const name = text.normalize('NFKC').trim().toLowerCase().replaceAll('@', '.').replaceAll('_', '-');
  return name.length <= PRINCIPAL_NAME_LENGTH_MAX && OBJECT_NAME.test(name) ? name : undefined;
}

/** `tour-guides` for `Tour Guides`. Undefined where no letter or digit is left. */
export function groupNameFrom(text: string): string | undefined {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(MARKS, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .slice(0, PRINCIPAL_NAME_LENGTH_MAX)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name === '' ? undefined : name;
}

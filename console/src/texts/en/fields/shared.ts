/** English needs words only where those of the API would not do: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    cidr: 'Address range (CIDR)',
    cpu: 'CPUs',
    'sso url': 'Sign-in address (SSO)',
    'user data': 'User data (cloud-init)',
  },
  descriptions: {},
  values: {},
};

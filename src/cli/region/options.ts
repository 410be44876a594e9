/** Options that commands on a region of this machine share. Loaded on every start, so it imports nothing but commander. */
import { Option } from 'commander';

export const dataOption = () =>
  new Option(
    '--data <dir>',
    'the region’s folder (default: /var/lib/casemate, or below your home without root)',
  );

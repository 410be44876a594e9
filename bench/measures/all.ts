/** Every measurement by its name. */

import { access } from './access.ts';
import { backup } from './backup.ts';
import type { Measure } from './context.ts';
import { cosigning } from './cosigning.ts';
import { creates } from './creates.ts';
import { encryptedVolumes } from './encrypted-volumes.ts';
import { exports } from './exports.ts';
import { fairness } from './fairness.ts';
import { gapDelta } from './gap-delta.ts';
import { gets } from './gets.ts';
import { growth } from './growth.ts';
import { importScan } from './import-scan.ts';
import { imports } from './imports.ts';
import { instances } from './instances.ts';
import { keys } from './keys.ts';
import { ledger } from './ledger.ts';
import { lists } from './lists.ts';
import { mirror } from './mirror.ts';
import { objects } from './objects.ts';
import { objectsSmall } from './objects-small.ts';
import { organizations } from './organizations.ts';
import { releases } from './releases.ts';
import { s3Wire } from './s3-wire.ts';
import { seal } from './seal.ts';
import { start } from './start.ts';
import { tokens } from './tokens.ts';
import { volumes } from './volumes.ts';
import { vulnerabilities } from './vulnerabilities.ts';
import { watches } from './watches.ts';

export const MEASURES: Readonly<Record<string, Measure>> = {
  creates,
  lists,
  gets,
  watches,
  objects,
  'objects-small': objectsSmall,
  organizations,
  growth,
  instances,
  ledger,
  cosigning,
  start,
  releases,
  backup,
  seal,
  access,
  fairness,
  tokens,
  keys,
  vulnerabilities,
  imports,
  'import-scan': importScan,
  exports,
  'gap-delta': gapDelta,
  volumes,
  'encrypted-volumes': encryptedVolumes,
  mirror,
  's3-wire': s3Wire,
};

/** What imports hand to the composition root: their kinds, the controllers, and a rule about when people may be asked. */
import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import type { RealmLogs } from '#kernel/store/realm-logs.ts';
import type { AdvisorySource } from '../advisories/store/folder.ts';
import { askLate } from './ask-late.ts';
import { gapFolders } from './folders.ts';
import { importController } from './import-controller.ts';
import { BundleImport } from './import-kind.ts';
import { ledgerTime_ms } from './ledger-time.ts';
import { ImportPolicy } from './policy-kind.ts';
import { ImportStore } from './store.ts';
import { trustController } from './trust-controller.ts';
import { BundleTrust } from './trust-kind.ts';

export const IMPORT_KINDS: readonly Kind[] = [BundleImport, BundleTrust, ImportPolicy];

export interface ImportServiceOptions {
  /** The folder that all of the gap lies in. */
  readonly folder: string;
  readonly advisories: AdvisorySource;
  /** Not to be called before all services are made. */
  readonly logs: () => Pick<RealmLogs, 'tile'>;
}

export function importService({ folder, advisories, logs }: ImportServiceOptions): Service {
  return {
    name: 'imports',
    kinds: IMPORT_KINDS,
    admissions: [askLate],
    controllers: [
      trustController,
      importController({
        store: new ImportStore(gapFolders(folder)),
        advisories,
        ledgerTime: (realm) => ledgerTime_ms(logs(), realm),
        // A region that was cut off for long must be able to take what there is: people see the remark before they agree.
        age: { expired: 'remark' },
      }),
    ],
  };
}

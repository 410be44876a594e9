/** What imports hand to the composition root: their kinds, the controllers, and a rule about when people may be asked. */
import type { Clock } from '#kernel/clock.ts';
import type { Kind } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import type { RealmLogs } from '#kernel/store/realm-logs.ts';
import { askedAt } from '../confined/start.ts';
import { askLate } from './ask-late.ts';
import { gapFolders } from './folders.ts';
import { importController } from './import-controller.ts';
import { BundleImport } from './import-kind.ts';
import { ledgerTime_ms } from './ledger-time.ts';
import { ImportPolicy } from './policy-kind.ts';
import { processReceiver } from './receiver/client.ts';
import { ImportStore } from './store.ts';
import { trustController } from './trust-controller.ts';
import { BundleTrust } from './trust-kind.ts';
import { type UploadRouteOptions, uploadRoute } from './upload-route.ts';

export const IMPORT_KINDS: readonly Kind[] = [BundleImport, BundleTrust, ImportPolicy];

export interface ImportServiceOptions {
  /** The folder that all of the gap lies in. */
  readonly folder: string;
  readonly advisoryFolder: string;
  /** Where a receiver of bundles is asked for. */
  readonly receiverSocket: string;
  /** Not to be called before all services are made. */
  readonly logs: () => Pick<RealmLogs, 'tile'>;
  readonly clock: Clock;
  /** Who asks to bring bytes through the API, and who may; none is called before all services are made. */
  readonly upload: Omit<UploadRouteOptions, 'uploads'>;
}

export function importService(options: ImportServiceOptions): Service {
  const { folder, advisoryFolder, receiverSocket, logs, clock, upload } = options;
  const store = new ImportStore({
    folders: gapFolders(folder),
    advisories: advisoryFolder,
    receiver: processReceiver(askedAt(receiverSocket), clock),
  });
  return {
    name: 'imports',
    kinds: IMPORT_KINDS,
    admissions: [askLate],
    routes: [uploadRoute({ ...upload, uploads: store.uploads })],
    controllers: [
      trustController,
      importController({
        store,
        ledgerTime: (realm) => ledgerTime_ms(logs(), realm),
      }),
    ],
  };
}

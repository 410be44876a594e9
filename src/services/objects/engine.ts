/** What controllers ask of the process that serves objects. `gate/` makes it so. */
import type { RealmId } from '#kernel/realm-id.ts';

export interface ObjectsEngine {
  /** Has it run from now on. Says whether it serves; if not, why. */
  want(): Promise<EngineState>;
  /** What a bucket holds: versions, delete markers, uploads. One that holds nothing takes no more writes from then on. Throws while it does not run. */
  close(realm: RealmId, uid: string): Promise<number>;
  /** Removes whatever there is of a bucket. Safe to repeat. Throws while it does not run. */
  erase(realm: RealmId, uid: string): Promise<void>;
  /** Ends it: nothing of it is wanted any more. */
  end(): void;
}

export type EngineState = { readonly serves: true } | { readonly serves: false; readonly why: string };

/** What a controller under test is called with. Tests only. */
import { systemActor } from '../../access.ts';
import type { ReconcileContext } from '../../controller.ts';
import type { Realm, Realms } from '../../realm.ts';
import type { TestRealms } from '../../store/test-realms.ts';

/** `realms`: as the controller sees them; default: as they are. */
export function testContext(
  test: TestRealms,
  realm: Realm,
  controller: string,
  realms: Realms = test.realms,
): ReconcileContext {
  return {
    realm,
    realms,
    change: {
      actor: systemActor(realm.id, `controller:${controller}`),
      via: 'controller',
      requestId: test.random.uuid(),
    },
    events: { record: () => {} },
    clock: test.clock,
    random: test.random,
    signal: new AbortController().signal,
  };
}

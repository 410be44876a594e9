/** Lets the removal of people come to its end where no controllers run. Tests only. */
import type { RealmId } from '#kernel/realm-id.ts';
import { testContext } from '#kernel/reconcile/testing/context.ts';
import type { TestRealms } from '#kernel/store/test-realms.ts';
import { userRemovalController } from '../identity/people/removal/controller.ts';

/** Takes away whatever names those who were removed in a realm; then they are gone. */
export async function finishRemovals(test: TestRealms, id: RealmId): Promise<void> {
  const { name, kind, reconcile } = userRemovalController;
  await test.realms.use(id, async (realm) => {
    for (const entry of [...realm.view.entries(kind)]) {
      await reconcile({ name: entry.name }, testContext(test, realm, name));
    }
  });
}

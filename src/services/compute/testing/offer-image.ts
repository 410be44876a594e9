/** Puts an image that the engine holds into the catalogue, ready. Tests only. */
import type { ChangeContext } from '#kernel/realm.ts';
import { REGION } from '#kernel/realm-id.ts';
import type { TestRealms } from '#kernel/store/test-realms.ts';
import { Image } from '../image.ts';

/** Its name. */
export const OFFERED = 'debian';

export async function offerImage(
  { realms }: TestRealms,
  fingerprint: string,
  change: ChangeContext,
): Promise<void> {
  const spec = { type: 'container', architecture: 'amd64', source: { file: 'image', sha256: fingerprint } };
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Imported',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  } as const;
  await realms.use(REGION, async ({ resources }) => {
    await resources.create(Image, undefined, { metadata: { name: OFFERED }, spec }, change);
    await resources.modify(
      Image,
      { name: OFFERED },
      change,
      (current) => ({ ...current, status: { fingerprint, conditions: [ready] } }),
      { subresource: 'status' },
    );
  });
}

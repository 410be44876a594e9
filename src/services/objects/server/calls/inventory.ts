/** Which reports a bucket has made of what it holds. The reports themselves: `../inventory/`. */
import { INVENTORIES_MAX } from '../../bucket/inventory.ts';
import { emptyAnswer, xmlAnswer } from '../../s3/answers/answer.ts';
import type { CallOf } from '../../s3/calls.ts';
import { inventoriesDocument, inventoryDocument, readInventory } from '../../s3/documents/inventory.ts';
import { S3Error } from '../../s3/errors.ts';
import { OPERATIONS } from '../operations.ts';
import type { Reply } from '../reply.ts';
import type { Session } from '../session.ts';
import { changeBucket } from './bucket.ts';
import { documentOf } from './document.ts';

export async function getBucketInventoryConfiguration(
  session: Session,
  { call, bucket, id }: CallOf<'GetBucketInventoryConfiguration'>,
): Promise<Reply> {
  const { spec } = await session.permitted(bucket, OPERATIONS[call]);
  const found = spec.inventory?.[id];
  if (found === undefined) throw new S3Error('NoSuchConfiguration');
  return xmlAnswer(inventoryDocument(id, found));
}

export async function listBucketInventoryConfigurations(
  session: Session,
  { call, bucket }: CallOf<'ListBucketInventoryConfigurations'>,
): Promise<Reply> {
  const { spec } = await session.permitted(bucket, OPERATIONS[call]);
  return xmlAnswer(inventoriesDocument(spec.inventory ?? {}));
}

export async function putBucketInventoryConfiguration(
  session: Session,
  call: CallOf<'PutBucketInventoryConfiguration'>,
): Promise<Reply> {
  const { spec } = await session.bucket(call.bucket);
  const { id, inventory } = readInventory(await documentOf(session, call), session.organization);
  if (id !== call.id) throw new S3Error('InvalidArgument', 'Id is what the query says, too');
  const others = Object.keys(spec.inventory ?? {}).filter((one) => one !== id);
  if (others.length >= INVENTORIES_MAX) throw new S3Error('TooManyConfigurations');
  // In place of what there was, not merged with it.
  const filter = inventory.filter ?? null;
  await changeBucket(session, call.bucket, {
    op: 'patch',
    spec: { inventory: { [id]: { ...inventory, filter } } },
  });
  return emptyAnswer();
}

export async function deleteBucketInventoryConfiguration(
  session: Session,
  call: CallOf<'DeleteBucketInventoryConfiguration'>,
): Promise<Reply> {
  const { spec } = await session.bucket(call.bucket);
  if (spec.inventory?.[call.id] === undefined) throw new S3Error('NoSuchConfiguration');
  await changeBucket(session, call.bucket, { op: 'patch', spec: { inventory: { [call.id]: null } } });
  return emptyAnswer(204);
}

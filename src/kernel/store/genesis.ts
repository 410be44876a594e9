/**
 * The first leaves of a realm's logs: which realm this is, and the key that signs its checkpoints. With them the first
 * object is at revision 2, and no list ever says resourceVersion "0".
 */
import type { LogCosigner, LogName, LogSigner, RealmKeys } from '../keys.ts';
import { encodeLeaf, LEAF_FORMAT, type Leaf, leafTime } from '../log/leaf.ts';
import { append, EMPTY_FRONTIER, leafHash } from '../log/merkle.ts';
import { encodeVkey } from '../log/note.ts';
import { logCosignerVkey } from '../log/publish.ts';
import type { RealmId } from '../realm-id.ts';
import type { NewRealm } from './storage.ts';

/** What storage is given to begin a realm with. */
export function newRealm(id: RealmId, uid: string, keys: RealmKeys, time_ms: number): NewRealm {
  const begin = (log: LogName) => firstLeaves(id, uid, keys.logs[log], keys.cosigners?.[log], time_ms);
  return { id, uid, changes: begin('changes'), access: begin('access') };
}

function firstLeaves(
  realm: RealmId,
  uid: string,
  signer: LogSigner,
  cosigner: LogCosigner | undefined,
  time_ms: number,
): NewRealm['changes'] {
  const { origin, publicKey } = signer;
  const time = leafTime(time_ms);
  const first: Leaf[] = [
    { v: 1, index: 0, time, type: 'genesis', origin, realm, uid, format: LEAF_FORMAT },
    {
      v: 1,
      index: 1,
      time,
      type: 'key',
      vkey: encodeVkey(origin, publicKey),
      ...(cosigner ? { cosigner: logCosignerVkey(cosigner) } : {}),
    },
  ];
  const leaves = first.map((each, index) => {
    const leaf = encodeLeaf(each);
    return { index, leaf, hash: leafHash(leaf), time_ms };
  });
  const { frontier, tileNodes } = append(
    EMPTY_FRONTIER,
    leaves.map(({ hash }) => hash),
  );
  return { leaves, frontier, tileNodes };
}

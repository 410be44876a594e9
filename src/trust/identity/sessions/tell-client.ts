/** Tells the application of an ended session, if it is still there and still wants to know. */
import type { ReconcileContext } from '#kernel/controller.ts';
import type { BackChannel } from '../oidc/back-channel.ts';
import { OAuthClient } from '../oidc/oauth-client.ts';
import { issuerOf } from '../tokens/issuer.ts';
import type { RealmSigningKeys } from '../tokens/signing-keys.ts';
import type { SessionObject } from './session.ts';

export interface TellClientOptions {
  readonly apiUrl: string;
  readonly keys: RealmSigningKeys;
  readonly channel: BackChannel;
}

export function tellClient({ apiUrl, keys, channel }: TellClientOptions) {
  return async (
    { realm }: Pick<ReconcileContext, 'realm'>,
    { metadata, spec }: SessionObject,
  ): Promise<void> => {
    const client = realm.view.get(OAuthClient, { name: spec.client });
    const uri = client?.spec.backchannelLogoutUri;
    if (uri === undefined) return;
    const { current } = await keys.of(realm.id);
    await channel.tell({
      issuer: issuerOf(apiUrl, realm.id),
      key: current,
      clientId: spec.client,
      uri,
      sub: spec.userUid,
      sid: metadata.uid,
    });
  };
}

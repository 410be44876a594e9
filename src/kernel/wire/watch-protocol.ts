/**
 * The subprotocols of a watch over WebSocket. Kubernetes takes any; a page cannot set `Accept` on a WebSocket, so here one of them asks for rows of a Table. Pure.
 */
import { JSON_TYPE } from './media-type.ts';

/** Asks for what `Accept: application/json;as=Table;v=v1;g=meta.k8s.io` would. Casemate's own: Kubernetes has no name for it. */
export const TABLE_PROTOCOL = 'v1.table.casemate.internal';

const TOKEN_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** The protocol to name in the answer, of those that were offered: never the one that holds a token. */
export function watchProtocol(offered: ReadonlySet<string>): string | undefined {
  if (offered.has(TABLE_PROTOCOL)) return TABLE_PROTOCOL;
  return [...offered].find((name) => !name.startsWith(TOKEN_PREFIX));
}

/** What a watch that offers these accepts. */
export const watchAccept = (offered: ReadonlySet<string>): string =>
  offered.has(TABLE_PROTOCOL) ? `${JSON_TYPE};as=Table;v=v1;g=meta.k8s.io` : JSON_TYPE;

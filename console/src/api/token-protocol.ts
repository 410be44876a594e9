/** The subprotocol that carries a token where a page cannot set `Authorization`: of a WebSocket, as Kubernetes takes it. */
const PREFIX = 'base64url.bearer.authorization.k8s.io.';

export const tokenProtocol = (token: string): string =>
  `${PREFIX}${btoa(token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;

/** The few calls with which a measurement prepares what it measures. */
import { newPersonalKey, signingRequest } from '#trust/certificates/personal-key.ts';
import { Connection, requestText } from './connection.ts';
import type { Target } from './target.ts';

const WAIT_LIMIT_MS = 120_000;

export interface ApiObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly status?: Readonly<Record<string, unknown>>;
}

/** One request on a connection of its own. Throws unless it answers 2xx. */
export async function call<T = ApiObject>(
  target: Target,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const connection = await Connection.open(target);
  try {
    const text = requestText(target, method, path, body && JSON.stringify(body));
    const answer = await connection.send(text);
    if (answer.code >= 300) throw new Error(`${method} ${path} answered ${answer.code}: ${answer.body}`);
    return JSON.parse(answer.body.toString()) as T;
  } finally {
    connection.close();
  }
}

/** Reads again and again until `done`. */
export async function until<T>(
  what: string,
  read: () => Promise<T>,
  done: (value: T) => boolean,
): Promise<T> {
  const deadline_ms = performance.now() + WAIT_LIMIT_MS;
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    if (performance.now() > deadline_ms)
      throw new Error(`not within ${WAIT_LIMIT_MS} ms: ${what}: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Issued {
  readonly certificate?: string;
  readonly firstAdministrator?: { readonly certificate?: string };
}

/** Makes an organization; gives its administrator's way in. It has a project `default`. */
export async function makeOrganization(operator: Target, name: string): Promise<Target> {
  const key = newPersonalKey();
  const path = '/apis/tenancy.casemate.internal/v1/organizations';
  await call(operator, 'POST', path, {
    metadata: { name },
    spec: { displayName: name, firstAdministrator: { user: 'admin', request: await signingRequest(key) } },
  });
  const made = await until(
    `organization ${name} is ready`,
    () => call(operator, 'GET', `${path}/${name}`),
    ({ status }) => (status as Issued | undefined)?.firstAdministrator?.certificate !== undefined,
  );
  const cert = (made.status as Issued).firstAdministrator?.certificate ?? '';
  return { ...operator, prefix: `/orgs/${name}`, tls: { ca: operator.tls?.ca ?? '', cert, key } };
}

/** Somebody else in an organization, who may do as much. */
export async function makeMember(admin: Target, user: string): Promise<Target> {
  const key = newPersonalKey();
  const group = '/apis/access.casemate.internal/v1';
  const metadata = { name: user };
  await call(admin, 'POST', `${group}/rolebindings`, {
    metadata,
    spec: { role: 'organization-admin', subjects: [{ kind: 'User', name: user }] },
  });
  await call(admin, 'POST', `${group}/clientcertificates`, {
    metadata,
    spec: { user, request: await signingRequest(key) },
  });
  const made = await until(
    `${user} has a certificate`,
    () => call(admin, 'GET', `${group}/clientcertificates/${user}`),
    ({ status }) => (status as Issued | undefined)?.certificate !== undefined,
  );
  const cert = (made.status as Issued).certificate ?? '';
  return { ...admin, tls: { ca: admin.tls?.ca ?? '', cert, key } };
}

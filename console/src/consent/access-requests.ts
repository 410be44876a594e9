/** What operators ask of organizations, and what they did in them, as the organization and the region have it: requests and recordings as lists that follow their watches. */
import type { AccessSpec, AccessStatus } from '../../../src/trust/operators/access-request.ts';
import type {
  RecordingSpec,
  RecordingStatus,
} from '../../../src/trust/operators/recording/terminal-recording.ts';
import { askJson } from '../api/client.ts';
import { pathOf, type Resource } from '../api/discovery.ts';
import { type ApiObject, type LiveState, useLiveList } from '../api/live-list.ts';
import { ACCESS_REQUESTS, useKind } from '../parts/kind.ts';

const RECORDINGS = 'terminalrecordings.access.casemate.internal';

export type AccessRequest = ApiObject & { readonly spec: AccessSpec; readonly status: AccessStatus };
export type Recording = ApiObject & { readonly spec: RecordingSpec; readonly status?: RecordingStatus };

interface Live<T> {
  readonly state: LiveState;
  readonly resource: Resource | undefined;
  /** The newest first. */
  readonly all: readonly T[];
}

function useAll<T extends ApiObject>(name: string): Live<T> {
  const resource = useKind(name);
  const state = useLiveList(resource);
  const all = state.rows
    .map(({ object }) => object as T)
    .toSorted((one, other) => other.metadata.creationTimestamp.localeCompare(one.metadata.creationTimestamp));
  return { state, resource, all };
}

export const useAccessRequests = (): Live<AccessRequest> => useAll(ACCESS_REQUESTS);
export const useRecordings = (): Live<Recording> => useAll(RECORDINGS);

export const isWaiting = ({ status }: AccessRequest): boolean => status.phase === 'Pending';
export const isUnderWay = ({ status }: AccessRequest): boolean =>
  status.phase === 'Granted' || status.phase === 'Active';

/** In the region: an emergency to which no second operator has agreed yet. */
export const waitsForOperator = (request: AccessRequest): boolean =>
  request.spec.breakGlass === true && isWaiting(request) && request.status.consent.phase === 'Pending';

/** Where one decides about it: the tab `decide`. */
export const requestPath = ({ metadata }: AccessRequest): string =>
  `/resources/${ACCESS_REQUESTS}/${encodeURIComponent(metadata.name)}`;
export const DECIDE_TAB = 'decide';

/** Who asks; operators who agreed to come in without the organization's consent stand with them. */
export const operatorOf = ({ spec, status }: AccessRequest): string =>
  spec.origin?.operator ?? status.consent.requestedBy;

export async function decide(
  resource: Resource,
  name: string,
  word: 'approve' | 'reject' | 'revoke',
  note: string,
): Promise<void> {
  await askJson(`${pathOf(resource, undefined, name)}/${word}`, {
    method: 'POST',
    body: note === '' ? {} : { note },
  });
}

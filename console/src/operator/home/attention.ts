/** What somebody who runs a region should look at next, the worst first: what is wrong, and what waits for them. */
import type { RegionAbout } from '../../../../src/region/about/about.ts';
import { type LiveState, useLiveList } from '../../api/live-list.ts';
import {
  DECIDE_TAB,
  operatorOf,
  requestPath,
  useAccessRequests,
  waitsForOperator,
} from '../../consent/access-requests.ts';
import { targetPath, transitionText } from '../../consent/names.ts';
import { isOpen, type Request } from '../../consent/requests.ts';
import { APPROVAL_REQUESTS, BUNDLE_IMPORTS, INTERCONNECTIONS, RELEASES, useKind } from '../../parts/kind.ts';
import { useIdentity } from '../../shell/identity.ts';
import { type Say, useTexts } from '../../texts/texts.ts';
import { inWords } from '../alarms/alarms.ts';
import { useAlarms } from '../alarms/use-alarms.ts';
import { type Import, phaseOf as importPhase } from '../bundles/import.ts';
import { notBegun, type Release, phaseOf as releasePhase } from '../releases/release.ts';
import type { Flow } from '../seal/reports.ts';

export interface Item {
  readonly id: string;
  readonly status: 'danger' | 'warning' | 'info';
  readonly text: string;
  /** As a person wrote it. */
  readonly detail?: string | undefined;
  /** As the region says it itself. */
  readonly says?: string | undefined;
  readonly to: string;
  /** Of that page, where it is not the first. */
  readonly tab?: string;
}

const RANK = { danger: 0, warning: 1, info: 2 } as const;

export function useAttention(about: RegionAbout | undefined): {
  readonly isLoading: boolean;
  readonly items: readonly Item[];
} {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  const wrong = useAlarms(about);
  const requests = useLiveList(useKind(APPROVAL_REQUESTS));
  const emergencies = useAccessRequests().all.filter(waitsForOperator);
  const imports = useLiveList(useKind(BUNDLE_IMPORTS));
  const releases = useLiveList(useKind(RELEASES));
  const flows = useLiveList(useKind(INTERCONNECTIONS));
  const objects = <T>({ rows }: Pick<LiveState, 'rows'>) => rows.map(({ object }) => object as T);
  const items: Item[] = [
    // Somebody waits for that right now.
    ...emergencies
      .filter((request) => operatorOf(request) !== me)
      .map((request) => {
        const { organization, project, reason } = request.spec;
        const what = say('operator.approvals.emergency', { organization, project });
        return {
          id: request.metadata.uid,
          status: 'danger' as const,
          text: say('operator.home.approve', { what, by: operatorOf(request) }),
          detail: reason,
          to: requestPath(request),
          tab: DECIDE_TAB,
        };
      }),
    ...wrong.alarms.map(({ id, severity, what, detail, to }) => ({
      id,
      status: severity,
      text: inWords(what, say),
      says: detail,
      to,
    })),
    ...objects<Request>(requests)
      .filter(isOpen)
      .flatMap((request) => requestItem(request, me, say)),
    ...objects<Flow>(flows)
      .filter(({ status }) => status?.phase === 'Pending' && status.requestedBy !== me)
      .map(({ metadata: { uid, name } }) => ({
        id: uid,
        status: 'warning' as const,
        text: say('operator.home.flow', { name }),
        to: '/seal',
      })),
    ...objects<Import>(imports)
      .filter((bundle) => importPhase(bundle) === 'AwaitingApproval')
      .map(({ metadata: { uid, name } }) => ({
        id: uid,
        status: 'info' as const,
        text: say('operator.home.bundle', { name }),
        to: `/bundles/${encodeURIComponent(name)}`,
      })),
    ...objects<Release>(releases)
      .filter((release) => ['Approved', 'Upgrading'].includes(releasePhase(release)))
      .map((release) => ({ ...release.metadata, isStuck: notBegun(release) !== undefined }))
      .map(({ uid, name, isStuck }) => ({
        id: uid,
        status: isStuck ? ('warning' as const) : ('info' as const),
        text: say(isStuck ? 'operator.home.releaseStuck' : 'operator.home.releaseApply', { name }),
        to: `/releases/${encodeURIComponent(name)}`,
      })),
  ];
  return {
    isLoading: wrong.isLoading || requests.isLoading,
    items: items.toSorted((a, b) => RANK[a.status] - RANK[b.status]),
  };
}

function requestItem({ metadata, spec, status }: Request, me: string, say: Say): readonly Item[] {
  const what = say('pair', { name: transitionText(spec.transition, say), value: spec.target.name });
  const { uid: id } = metadata;
  const isMine = status.requestedBy === me;
  if (isMine && status.phase === 'Approved')
    return [
      { id, status: 'warning', text: say('operator.home.carryOut', { what }), to: targetPath(spec.target) },
    ];
  if (isMine || status.phase === 'Approved' || status.approvals.some(({ by }) => by === me)) return [];
  const text = say('operator.home.approve', { what, by: status.requestedBy });
  return [{ id, status: 'warning', text, detail: spec.reason, to: '/approvals' }];
}

/** What somebody who runs a region should look at next, the worst first: what is wrong, and what waits for them. */
import type { RegionAbout } from '../../../../src/region/about/about.ts';
import { type LiveState, useLiveList } from '../../api/live-list.ts';
import { targetPath, transitionText } from '../../consent/names.ts';
import { isOpen, type Request } from '../../consent/requests.ts';
import { APPROVAL_REQUESTS, BUNDLE_IMPORTS, INTERCONNECTIONS, RELEASES, useKind } from '../../parts/kind.ts';
import { useIdentity } from '../../shell/identity.ts';
import { type Say, useTexts } from '../../texts/texts.ts';
import { useAlarms } from '../alarms/use-alarms.ts';
import { type Import, phaseOf as importPhase } from '../bundles/import.ts';
import { type Release, phaseOf as releasePhase } from '../releases/release.ts';
import type { Flow } from '../seal/reports.ts';

export interface Item {
  readonly id: string;
  readonly status: 'danger' | 'warning' | 'info';
  readonly text: string;
  readonly detail?: string | undefined;
  readonly to: string;
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
  const imports = useLiveList(useKind(BUNDLE_IMPORTS));
  const releases = useLiveList(useKind(RELEASES));
  const flows = useLiveList(useKind(INTERCONNECTIONS));
  const objects = <T>({ rows }: Pick<LiveState, 'rows'>) => rows.map(({ object }) => object as T);
  const items: Item[] = [
    ...wrong.alarms.map(({ id, severity, what, detail, to }) => ({
      id,
      status: severity,
      text: say(what.id, what.values),
      detail,
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
      .filter((release) => releasePhase(release) === 'Approved')
      .map(({ metadata: { uid, name } }) => ({
        id: uid,
        status: 'warning' as const,
        text: say('operator.home.releaseApply', { name }),
        to: `/releases/${encodeURIComponent(name)}`,
      })),
  ];
  return {
    isLoading: wrong.isLoading || requests.isLoading,
    items: items.toSorted((a, b) => RANK[a.status] - RANK[b.status]),
  };
}

function requestItem({ metadata, spec, status }: Request, me: string, say: Say): readonly Item[] {
  const what = `${transitionText(spec.transition, say)}: ${spec.target.name}`;
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

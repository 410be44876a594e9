/** What releases hand to the composition root: their kind, the controller, and a rule about when people may be asked. */
import { forbidden } from '#kernel/errors.ts';
import type { Admission } from '#kernel/kind.ts';
import type { Service } from '#kernel/service.ts';
import { ApprovalRequest } from '#trust/approvals/approval-request.ts';
import { ContentStore } from '../import/content-store.ts';
import { gapFolders } from '../import/folders.ts';
import { releaseController } from './controller.ts';
import type { Running } from './plan.ts';
import { type Phase, Release } from './release-kind.ts';
import { ReleaseSource } from './source.ts';
import { starterAt } from './starter.ts';

/** Nobody agrees to what nobody has seen. */
const ASKED_WHILE: Readonly<Record<string, Phase>> = { apply: 'AwaitingApproval', rollback: 'Running' };

const askLate: Admission = ({ operation, kind, object, view }) => {
  if (operation !== 'create' || kind.resource !== ApprovalRequest.resource) return;
  const { target, transition } = object.spec as {
    readonly target: { readonly resource: string; readonly name: string };
    readonly transition: string;
  };
  const wanted = target.resource === Release.resource ? ASKED_WHILE[transition] : undefined;
  if (wanted === undefined) return;
  const phase = view.get(Release, { name: target.name })?.status?.phase;
  if (phase === wanted) return;
  throw forbidden(
    { group: kind.group, kind: kind.plural, name: object.metadata.name },
    `release "${target.name}" is ${phase ?? 'not there'}: ask once it is ${wanted}, so that others see what they agree to`,
  );
};

export interface ReleaseServiceOptions {
  /** The folder that all of the gap lies in. */
  readonly folder: string;
  /** Where releases are installed, by somebody else. */
  readonly releases: string;
  readonly running: () => Promise<Running>;
  /** Where the supervisor starts who begins what people agreed to. */
  readonly starterSocket: string;
}

export function releaseService({ folder, releases, running, starterSocket }: ReleaseServiceOptions): Service {
  const content = new ContentStore(gapFolders(folder).content);
  const source = new ReleaseSource(content, releases, running, starterAt(starterSocket));
  return {
    name: 'releases',
    kinds: [Release],
    admissions: [askLate],
    controllers: [releaseController(source)],
  };
}

/** What is wrong in the region, as it comes and goes. */
import type { RegionAbout } from '../../../../src/region/about/about.ts';
import { type ApiObject, type LiveState, useLiveList, useLiveObject } from '../../api/live-list.ts';
import {
  BUNDLE_IMPORTS,
  IMAGES,
  LEFTOVERS,
  ORGANIZATIONS,
  REGION_ISSUERS,
  REGION_TIMES,
  RELEASES,
  SEALS,
  useKind,
  VULNERABILITY_REPORTS,
  WITNESSES,
} from '../../parts/kind.ts';
import { type Alarm, alarmsOf } from './alarms.ts';

export interface Alarms {
  readonly isLoading: boolean;
  readonly alarms: readonly Alarm[];
}

const objects = <T extends ApiObject>({ rows }: Pick<LiveState, 'rows'>): readonly T[] =>
  rows.map(({ object }) => object as T);

export function useAlarms(about: RegionAbout | undefined): Alarms {
  const seal = useLiveObject(useKind(SEALS), undefined, 'region');
  const time = useLiveObject(useKind(REGION_TIMES), undefined, 'region');
  const report = useLiveObject(useKind(VULNERABILITY_REPORTS), undefined, 'newest');
  const imports = useLiveList(useKind(BUNDLE_IMPORTS));
  const releases = useLiveList(useKind(RELEASES));
  const organizations = useLiveList(useKind(ORGANIZATIONS));
  const leftovers = useLiveList(useKind(LEFTOVERS));
  const images = useLiveList(useKind(IMAGES));
  const issuers = useLiveList(useKind(REGION_ISSUERS));
  const witnesses = useLiveList(useKind(WITNESSES));
  return {
    isLoading: [seal, imports, releases, organizations].some(({ isLoading }) => isLoading),
    alarms: alarmsOf({
      about,
      seal: seal.object,
      time: time.object,
      report: report.object,
      imports: objects(imports),
      releases: objects(releases),
      organizations: objects(organizations),
      leftovers: objects(leftovers),
      others: [
        [IMAGES, objects(images)],
        [REGION_ISSUERS, objects(issuers)],
        [WITNESSES, objects(witnesses)],
      ],
    }),
  };
}

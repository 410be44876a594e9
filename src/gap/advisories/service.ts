/** What the vulnerability reports hand to the composition root. */
import type { Service } from '#kernel/service.ts';
import { type ImportedOptions, importedAdvisories } from './imported/controller.ts';
import { reportController } from './report/controller.ts';
import { VulnerabilityReport } from './report/report-kind.ts';
import type { Subjects } from './report/subjects.ts';
import type { AdvisorySource } from './store/folder.ts';

export interface AdvisoriesOptions {
  readonly source: AdvisorySource;
  /** What there is to look into in an organization, and in the region. */
  readonly organizations: Subjects;
  readonly region: Subjects;
  /** Published data on its way into force. Absent: none is published here. */
  readonly imported?: Omit<ImportedOptions, 'organizations' | 'region'>;
}

export function advisoriesService({ source, organizations, region, imported }: AdvisoriesOptions): Service {
  return {
    name: 'advisories',
    kinds: [VulnerabilityReport],
    controllers: [
      reportController({
        name: 'vulnerability-reports',
        realm: 'organization',
        subjects: organizations,
        source,
      }),
      reportController({ name: 'region-vulnerability-reports', realm: 'region', subjects: region, source }),
      ...(imported === undefined ? [] : [importedAdvisories({ ...imported, organizations, region })]),
    ],
  };
}

/** Which tabs the page of an object has: those of every kind, and those of some. Each is loaded when somebody opens it. */
import { type ComponentType, lazy } from 'react';
import { type Resource, resourceName } from '../api/discovery.ts';
import type { TextId } from '../texts/en.ts';
import type { TabProps } from './detail-page.tsx';

export interface KindTab {
  /** In the address: `?tab=yaml`. */
  readonly id: string;
  readonly title: TextId;
  readonly Content: ComponentType<TabProps>;
}

const OVERVIEW: KindTab = {
  id: 'overview',
  title: 'detail.overview',
  Content: lazy(async () => ({ default: (await import('./overview-tab.tsx')).OverviewTab })),
};

/** After the overview, by the resource's name. */
const OF_KIND: Readonly<Record<string, readonly KindTab[]>> = {
  'instances.compute.casemate.internal': [
    {
      id: 'machine',
      title: 'compute.machine.title',
      Content: lazy(async () => ({
        default: (await import('../tenant/compute/machine-tab.tsx')).MachineTab,
      })),
    },
    {
      id: 'terminal',
      title: 'compute.terminal.title',
      Content: lazy(async () => ({
        default: (await import('../tenant/compute/terminal-tab.tsx')).TerminalTab,
      })),
    },
    {
      id: 'log',
      title: 'compute.log.title',
      Content: lazy(async () => ({ default: (await import('../tenant/compute/log-tab.tsx')).LogTab })),
    },
    {
      id: 'metrics',
      title: 'compute.metrics.title',
      Content: lazy(async () => ({
        default: (await import('../tenant/compute/metrics/metrics-tab.tsx')).MetricsTab,
      })),
    },
    {
      id: 'snapshots',
      title: 'compute.snapshot.title',
      Content: lazy(async () => ({
        default: (await import('../tenant/compute/snapshots-tab.tsx')).SnapshotsTab,
      })),
    },
  ],
  'buckets.objects.casemate.internal': [
    {
      id: 'objects',
      title: 'storage.objects',
      Content: lazy(async () => ({
        default: (await import('../tenant/storage/objects-tab.tsx')).ObjectsTab,
      })),
    },
    {
      id: 'settings',
      title: 'storage.bucket.settings',
      Content: lazy(async () => ({ default: (await import('../tenant/storage/bucket-tab.tsx')).BucketTab })),
    },
  ],
  'accesskeys.objects.casemate.internal': [
    {
      id: 'secret',
      title: 'storage.accessKey.tab',
      Content: lazy(async () => ({
        default: (await import('../tenant/storage/access-key-tab.tsx')).AccessKeyTab,
      })),
    },
  ],
  'volumes.storage.casemate.internal': [
    {
      id: 'use',
      title: 'storage.volume.tab',
      Content: lazy(async () => ({ default: (await import('../tenant/storage/volume-tab.tsx')).VolumeTab })),
    },
  ],
  'backupplans.backup.casemate.internal': [
    {
      id: 'runs',
      title: 'storage.plan.tab',
      Content: lazy(async () => ({ default: (await import('../tenant/storage/plan-tab.tsx')).PlanTab })),
    },
  ],
  'backups.backup.casemate.internal': [
    {
      id: 'content',
      title: 'storage.backup.tab',
      Content: lazy(async () => ({ default: (await import('../tenant/storage/backup-tab.tsx')).BackupTab })),
    },
  ],
  'restores.backup.casemate.internal': [
    {
      id: 'result',
      title: 'storage.restore.tab',
      Content: lazy(async () => ({
        default: (await import('../tenant/storage/restore-tab.tsx')).RestoreTab,
      })),
    },
  ],
  'keys.keys.casemate.internal': [
    {
      id: 'usage',
      title: 'proof.uses',
      Content: lazy(async () => ({ default: (await import('../tenant/keys/usage-tab.tsx')).UsageTab })),
    },
  ],
  'accessrequests.access.casemate.internal': [
    {
      id: 'decide',
      title: 'proof.review.tab',
      Content: lazy(async () => ({
        default: (await import('../tenant/access/request-tab.tsx')).RequestTab,
      })),
    },
  ],
  'accessreviews.access.casemate.internal': [
    {
      id: 'decide',
      title: 'proof.review.tab',
      Content: lazy(async () => ({ default: (await import('../tenant/access/review-tab.tsx')).ReviewTab })),
    },
  ],
};

/** Of every kind, last. */
const COMMON: readonly KindTab[] = [
  {
    id: 'edit',
    title: 'forms.edit.title',
    Content: lazy(async () => ({ default: (await import('./edit-tab.tsx')).EditTab })),
  },
  {
    id: 'yaml',
    title: 'detail.yaml',
    Content: lazy(async () => ({ default: (await import('./yaml-tab.tsx')).YamlTab })),
  },
  {
    id: 'access',
    title: 'proof.access',
    Content: lazy(async () => ({ default: (await import('../tenant/access/access-tab.tsx')).AccessTab })),
  },
  {
    id: 'history',
    title: 'detail.history',
    Content: lazy(async () => ({ default: (await import('../ledger/history-tab.tsx')).HistoryTab })),
  },
];

export const tabsOf = (resource: Resource): readonly KindTab[] => [
  OVERVIEW,
  ...(OF_KIND[resourceName(resource)] ?? []),
  ...COMMON,
];

/** Pages of storage that stand in place of the form of any kind. */
import { lazyRouteComponent } from '@tanstack/react-router';
import type { OwnRoute } from '../../shell/routes.tsx';
import { KINDS } from './kinds.ts';

export const STORAGE_ROUTES: readonly OwnRoute[] = [
  {
    path: `/create/${KINDS.accessKeys}`,
    page: lazyRouteComponent(() => import('./create-access-key-page.tsx'), 'CreateAccessKeyPage'),
  },
  {
    path: `/create/${KINDS.plans}`,
    page: lazyRouteComponent(() => import('./create-plan-page.tsx'), 'CreatePlanPage'),
  },
];

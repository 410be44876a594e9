/** Addresses of an organization's console beside those of every kind. Each page is loaded when somebody opens it. */
import { lazyRouteComponent } from '@tanstack/react-router';
import { LEDGER_ROUTES } from '../ledger/routes.ts';
import type { OwnRoute } from '../shell/routes.tsx';
import { ACCESS_ROUTES } from './access/routes.ts';

import { NETWORK_ROUTES } from './network/routes.ts';
import { STORAGE_ROUTES } from './storage/routes.ts';

export const ROUTES: readonly OwnRoute[] = [
  ...NETWORK_ROUTES,
  ...LEDGER_ROUTES,
  ...ACCESS_ROUTES,
  ...STORAGE_ROUTES,
  ...['/instances/new', '/create/instances.compute.casemate.internal'].map((path) => ({
    path,
    page: lazyRouteComponent(() => import('./compute/create/create-instance-page.tsx'), 'CreateInstancePage'),
  })),
];

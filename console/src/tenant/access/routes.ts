/** Addresses of access in an organization's console. */
import { lazyRouteComponent } from '@tanstack/react-router';
import type { OwnRoute } from '../../shell/routes.tsx';

export const ACCESS_ROUTES: readonly OwnRoute[] = [
  { path: '/access', page: lazyRouteComponent(() => import('./operators-page.tsx'), 'OperatorsPage') },
  {
    path: '/access/recordings/$name',
    page: lazyRouteComponent(() => import('./recording-page.tsx'), 'RecordingPage'),
  },
  { path: '/access/who', page: lazyRouteComponent(() => import('./who-page.tsx'), 'WhoPage') },
  {
    path: '/access/sessions',
    page: lazyRouteComponent(() => import('./sessions-page.tsx'), 'SessionsPage'),
  },
  { path: '/approvals', page: lazyRouteComponent(() => import('./approvals-page.tsx'), 'ApprovalsPage') },
];

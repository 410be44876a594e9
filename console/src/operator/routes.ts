/** Addresses of the operators' console beside those of every kind. Each page is loaded when somebody opens it. */
import { lazyRouteComponent } from '@tanstack/react-router';
import { LEDGER_ROUTES } from '../ledger/routes.ts';
import type { OwnRoute } from '../shell/routes.tsx';

export const ROUTES: readonly OwnRoute[] = [
  ...LEDGER_ROUTES,
  {
    path: '/bundles',
    page: lazyRouteComponent(() => import('./bundles/bundles-page.tsx'), 'BundlesPage'),
  },
  {
    path: '/bundles/$name',
    page: lazyRouteComponent(() => import('./bundles/bundle-page.tsx'), 'BundlePage'),
  },
  // Not below /bundles: there each name is a bundle's.
  {
    path: '/bring-in',
    page: lazyRouteComponent(() => import('./bundles/bring-in-page.tsx'), 'BringInPage'),
  },
  {
    path: '/bundle-trust',
    page: lazyRouteComponent(() => import('./bundles/trust-page.tsx'), 'TrustPage'),
  },
  {
    path: '/alarms',
    page: lazyRouteComponent(() => import('./alarms/alarms-page.tsx'), 'AlarmsPage'),
  },
  {
    path: '/approvals',
    page: lazyRouteComponent(() => import('./approvals/approvals-page.tsx'), 'ApprovalsPage'),
  },
  {
    path: '/releases',
    page: lazyRouteComponent(() => import('./releases/releases-page.tsx'), 'ReleasesPage'),
  },
  {
    path: '/releases/$name',
    page: lazyRouteComponent(() => import('./releases/release-page.tsx'), 'ReleasePage'),
  },
  { path: '/seal', page: lazyRouteComponent(() => import('./seal/seal-page.tsx'), 'SealPage') },
  {
    path: '/vulnerabilities',
    page: lazyRouteComponent(
      () => import('./vulnerabilities/vulnerabilities-page.tsx'),
      'VulnerabilitiesPage',
    ),
  },
  {
    path: '/organizations',
    page: lazyRouteComponent(() => import('./organizations/organizations-page.tsx'), 'OrganizationsPage'),
  },
  {
    path: '/organizations/$name',
    page: lazyRouteComponent(() => import('./organizations/organization-page.tsx'), 'OrganizationPage'),
  },
  {
    path: '/new-organization',
    page: lazyRouteComponent(
      () => import('./organizations/new-organization-page.tsx'),
      'NewOrganizationPage',
    ),
  },
];

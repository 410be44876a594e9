/** Addresses of the ledger, the same in both consoles. */
import { lazyRouteComponent } from '@tanstack/react-router';
import type { OwnRoute } from '../shell/routes.tsx';

export const LEDGER_ROUTES: readonly OwnRoute[] = [
  { path: '/ledger', page: lazyRouteComponent(() => import('./ledger-page.tsx'), 'LedgerPage') },
  { path: '/ledger/$log/$index', page: lazyRouteComponent(() => import('./leaf-page.tsx'), 'LeafPage') },
];

/** The console of an organization. */
import { startConsole } from '../shell/app.tsx';
import { makeRoutes } from '../shell/routes.tsx';
import { Home } from './home/home.tsx';
import { ROUTES } from './routes.ts';
import { TenantLayout } from './tenant-layout.tsx';

await startConsole({ first: ['proof'], later: ['forms', 'compute', 'storage'] }, () =>
  makeRoutes({ Root: TenantLayout, Home, own: ROUTES }),
);

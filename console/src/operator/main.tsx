/** The console of the region's operators. There is no way from here into an organization. */
import { lazyRouteComponent } from '@tanstack/react-router';
import { startConsole } from '../shell/app.tsx';
import { makeRoutes } from '../shell/routes.tsx';
import { OperatorLayout } from './operator-layout.tsx';
import { ROUTES } from './routes.ts';

const Home = lazyRouteComponent(() => import('./home/home-page.tsx'), 'HomePage');

await startConsole({ first: ['operator'], later: ['forms', 'proof'] }, () =>
  makeRoutes({ Root: OperatorLayout, Home, own: ROUTES }),
);

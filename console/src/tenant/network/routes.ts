/** Pages of networks at addresses of their own. */
import { lazyRouteComponent } from '@tanstack/react-router';
import type { OwnRoute } from '../../shell/routes.tsx';

export const NETWORK_ROUTES: readonly OwnRoute[] = [
  {
    path: '/networks/picture',
    page: lazyRouteComponent(() => import('./picture-page.tsx'), 'PicturePage'),
  },
  {
    path: '/networks/may-talk',
    page: lazyRouteComponent(() => import('./may-talk-page.tsx'), 'MayTalkPage'),
  },
];

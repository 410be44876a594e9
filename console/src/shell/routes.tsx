/** The routes that both consoles have; each adds its own. Addresses are deep links: whoever opens one sees what it names. */
import {
  type AnyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
} from '@tanstack/react-router';
import { place } from '../session/place.ts';
import { allTexts } from '../texts/texts.ts';
import { NotFound } from './not-found.tsx';

export interface RoutesOptions {
  readonly Root: RouteComponent;
  readonly Home: RouteComponent;
  /** Beside those of every kind. */
  readonly own: readonly OwnRoute[];
}

/** A page at an address of its own: `/networks/picture`, shown by a component that is loaded then. */
export interface OwnRoute {
  readonly path: string;
  /** `lazyRouteComponent(() => import('./picture-page.tsx'), 'PicturePage')` */
  readonly page: RouteComponent;
}

export function makeRoutes({ Root, Home, own }: RoutesOptions) {
  const root = createRootRoute({ component: Root, notFoundComponent: NotFound });
  const page = (path: string, component: RouteComponent) =>
    createRoute({ getParentRoute: () => root, path, component, loader: allTexts });
  const list = lazyRouteComponent(() => import('../resources/list-page.tsx'), 'ListPage');
  const detail = lazyRouteComponent(() => import('../resources/detail-page.tsx'), 'DetailPage');
  const create = lazyRouteComponent(() => import('../resources/create-page.tsx'), 'CreatePage');
  const routes: readonly unknown[] = [
    createRoute({ getParentRoute: () => root, path: '/', component: Home }),
    page('/resources/$resource', list),
    page('/create/$resource', create),
    page('/resources/$resource/$name', detail),
    page('/resources/$resource/$project/$name', detail),
    ...own.map(({ path, page: component }) => page(path, component)),
  ];
  return createRouter({
    routeTree: root.addChildren(routes as never) as unknown as AnyRoute,
    basepath: place.base.slice(0, -1),
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

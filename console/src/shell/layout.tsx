/** The frame of every page: masthead, navigation, what the connection is like, and the page itself. */
import {
  Alert,
  Flex,
  FlexItem,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavGroup,
  NavItem,
  NavList,
  Page,
  PageSection,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
} from '@patternfly/react-core';
import { BarsIcon } from '@patternfly/react-icons/dist/esm/icons/bars-icon';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { connection } from '../api/connection.ts';
import type { TextId } from '../texts/en.ts';
import { useTexts } from '../texts/texts.ts';
import { AccountMenu } from './account-menu.tsx';
import { Commands } from './commands.tsx';
import { SessionEnded, SessionResumed } from './session-ended.tsx';
import { useSidebar } from './use-sidebar.ts';

export interface NavEntry {
  /** Below the console: `/instances`. */
  readonly to: string;
  readonly label: string;
}

export interface NavSection {
  readonly title: TextId | undefined;
  readonly entries: readonly NavEntry[];
}

const MAIN = 'main-content';

export interface LayoutProps {
  readonly title: string;
  readonly sections: readonly NavSection[];
  /** Beside the name: what is chosen, such as a project. */
  readonly context?: ReactNode;
}

export function Layout({ title, sections, context }: LayoutProps) {
  const { say } = useTexts();
  const { pathname } = useLocation();
  const { isOpen, toggle, chosen, resized } = useSidebar();
  const masthead = (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            variant="plain"
            aria-label={say('app.navigation')}
            isSidebarOpen={isOpen}
            onSidebarToggle={toggle}
          >
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={(props) => <Link {...props} to="/" />}>
            <span className="casemate-brand">
              <img src="./icon.svg" alt="" width="28" height="28" />
              {title}
            </span>
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Flex className="casemate-masthead" alignItems={{ default: 'alignItemsCenter' }}>
          <FlexItem grow={{ default: 'grow' }}>{context}</FlexItem>
          <FlexItem>
            <Commands sections={sections} />
          </FlexItem>
          <FlexItem>
            <AccountMenu />
          </FlexItem>
        </Flex>
      </MastheadContent>
    </Masthead>
  );
  const sidebar = (
    <PageSidebar isSidebarOpen={isOpen}>
      <PageSidebarBody>
        <Nav aria-label={say('app.navigation')} onSelect={chosen}>
          {sections.map(({ title: group, entries }) => {
            const items = entries.map(({ to, label }) => (
              <NavItem
                key={to}
                isActive={to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`)}
              >
                <Link to={to}>{label}</Link>
              </NavItem>
            ));
            return group === undefined ? (
              <NavList key="top">{items}</NavList>
            ) : (
              <NavGroup key={group} title={say(group)}>
                {items}
              </NavGroup>
            );
          })}
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
  return (
    <Page
      masthead={masthead}
      sidebar={sidebar}
      onPageResize={(_event, { mobileView }) => resized(mobileView)}
      mainContainerId={MAIN}
      skipToContent={
        <SkipToContent href={`#${MAIN}`} onClick={focusMain}>
          {say('app.skip')}
        </SkipToContent>
      }
    >
      <ConnectionAlert />
      <Outlet />
    </Page>
  );
}

/** The page's <base> would make a link of it that leaves the page. */
function focusMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById(MAIN)?.focus();
}

function ConnectionAlert() {
  const { say } = useTexts();
  const state = useSyncExternalStore(connection.subscribe, connection.state);
  const [hadEnded, setHadEnded] = useState(false);
  if (state === 'session-ended' && !hadEnded) setHadEnded(true);
  const isBack = state === 'connected' && hadEnded;
  useEffect(() => {
    // What had the focus is gone with the alert.
    if (isBack) document.getElementById(MAIN)?.focus();
  }, [isBack]);
  if (state === 'connected' && !hadEnded) return null;
  return (
    <PageSection padding={{ default: 'noPadding' }}>
      {state === 'lost' && (
        <Alert variant="warning" component="p" isInline isLiveRegion title={say('connection.lost')} />
      )}
      {state === 'session-ended' && <SessionEnded />}
      {isBack && <SessionResumed onClose={() => setHadEnded(false)} />}
    </PageSection>
  );
}

/** The frame of a page: where it is, what it is, in a sentence what for, its one primary action, and whether what it shows could be read. */
import {
  Breadcrumb,
  BreadcrumbItem,
  Bullseye,
  Content,
  Flex,
  FlexItem,
  PageSection,
  Spinner,
  Stack,
  StackItem,
  Title,
} from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';

export interface PageProps {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly action?: ReactNode;
  /** The page above this one, and what this one is called below it: its title, where that is left out. */
  readonly trail?: { readonly to: string; readonly parent: string; readonly here?: string };
  /** What the page is about: shown in place of its content as long as nothing of it was read. */
  readonly state?: { readonly isLoading: boolean; readonly error: Error | undefined } | undefined;
  readonly children: ReactNode;
}

export function Page({ title, lead, action, trail, state, children }: PageProps) {
  const { say } = useTexts();
  return (
    <>
      <PageSection>
        {trail !== undefined && (
          <Breadcrumb>
            <BreadcrumbItem
              render={({ className }) => (
                <Link className={className} to={trail.to}>
                  {trail.parent}
                </Link>
              )}
            />
            <BreadcrumbItem isActive>{trail.here ?? title}</BreadcrumbItem>
          </Breadcrumb>
        )}
        <Flex
          justifyContent={{ default: 'justifyContentSpaceBetween' }}
          alignItems={{ default: 'alignItemsFlexStart' }}
        >
          <FlexItem flex={{ default: 'flex_1' }}>
            <Title headingLevel="h1">{title}</Title>
            {lead !== undefined && <Content component="p">{lead}</Content>}
          </FlexItem>
          <FlexItem>{action}</FlexItem>
        </Flex>
      </PageSection>
      <PageSection isFilled>
        {state?.error !== undefined ? (
          <Problem error={state.error} />
        ) : state?.isLoading === true ? (
          <Bullseye>
            <Spinner aria-label={say('app.loading')} />
          </Bullseye>
        ) : (
          <Stack hasGutter>{children}</Stack>
        )}
      </PageSection>
    </>
  );
}

/** A part of such a page, with a heading of its own. */
export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <StackItem>
      <Stack hasGutter>
        <StackItem>
          <Title headingLevel="h2">{title}</Title>
        </StackItem>
        <StackItem>{children}</StackItem>
      </Stack>
    </StackItem>
  );
}

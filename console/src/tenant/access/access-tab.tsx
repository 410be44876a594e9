/** Of one object: who can reach it, and why somebody can not. */
import { Content, Stack, StackItem, Title } from '@patternfly/react-core';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useTexts } from '../../texts/texts.ts';
import { ReachTable } from './reach-table.tsx';
import { WhyForm } from './why-form.tsx';

export function AccessTab({ resource, object: { metadata } }: TabProps) {
  const { say } = useTexts();
  const asked = { resource, project: metadata.namespace, name: metadata.name };
  return (
    <Stack hasGutter>
      <StackItem>
        <Title headingLevel="h2">{say('proof.reach')}</Title>
        <Content component="p">{say('proof.reach.lead')}</Content>
      </StackItem>
      <StackItem>
        <ReachTable {...asked} />
      </StackItem>
      <StackItem>
        <Title headingLevel="h2">{say('proof.why')}</Title>
      </StackItem>
      <StackItem>
        <WhyForm {...asked} />
      </StackItem>
    </Stack>
  );
}

/** The first page: what needs attention. */
import { Content, PageSection, Title } from '@patternfly/react-core';
import { useTexts } from '../texts/texts.ts';

export function Home() {
  const { say } = useTexts();
  return (
    <PageSection isFilled>
      <Title headingLevel="h1">{say('home.title')}</Title>
      <Title headingLevel="h2">{say('home.attention')}</Title>
      <Content component="p">{say('home.attention.none')}</Content>
    </PageSection>
  );
}

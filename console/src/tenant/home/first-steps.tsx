/** What to do in an organization in which there is nothing yet. */
import { Card, CardBody, CardFooter, CardTitle, Content, Gallery } from '@patternfly/react-core';
import { LinkButton } from '../../parts/link-button.tsx';
import { useTexts } from '../../texts/texts.ts';

const STEPS = [
  ['project', '/create/namespaces'],
  ['instance', '/instances/new'],
  ['people', '/resources/users.identity.casemate.internal'],
] as const;

export function FirstSteps({ hasProject }: { readonly hasProject: boolean }) {
  const { say } = useTexts();
  const next = hasProject ? 'instance' : 'project';
  return (
    <>
      <Content component="p">{say('proof.home.first.lead')}</Content>
      <Gallery hasGutter minWidths={{ default: '16rem' }}>
        {STEPS.map(([step, to]) => (
          <Card key={step} component="section">
            <CardTitle component="h3">{say(`proof.home.first.${step}`)}</CardTitle>
            <CardBody>{say(`proof.home.first.${step}.body`)}</CardBody>
            <CardFooter>
              <LinkButton to={to} variant={step === next ? 'primary' : 'secondary'}>
                {say(`proof.home.first.${step}.do`)}
              </LinkButton>
            </CardFooter>
          </Card>
        ))}
      </Gallery>
    </>
  );
}

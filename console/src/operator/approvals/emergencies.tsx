/** Operators who want to come into an organization in an emergency, to which another operator agrees: a card each, with the way to where one decides. */
import { Card, CardBody, CardFooter, CardTitle, Stack, StackItem } from '@patternfly/react-core';
import { type AccessRequest, DECIDE_TAB, operatorOf, requestPath } from '../../consent/access-requests.ts';
import { LinkButton } from '../../parts/link-button.tsx';
import { Fact, Facts, When } from '../../parts/shown.tsx';
import { useIdentity } from '../../shell/identity.ts';
import { useTexts } from '../../texts/texts.ts';

export function Emergencies({ requests }: { readonly requests: readonly AccessRequest[] }) {
  const { say } = useTexts();
  const { name: me } = useIdentity();
  return (
    <Stack hasGutter>
      {requests.map((request) => {
        const { uid, creationTimestamp } = request.metadata;
        const { organization, project, reason } = request.spec;
        const by = operatorOf(request);
        return (
          <StackItem key={uid}>
            <Card component="section" aria-labelledby={`emergency-${uid}`}>
              <CardTitle component="h3" id={`emergency-${uid}`}>
                {say('operator.approvals.emergency', { organization, project })}
              </CardTitle>
              <CardBody>
                <Facts>
                  <Fact term={say('consent.request.by')}>{by}</Fact>
                  <Fact term={say('consent.request.reason')}>{reason}</Fact>
                  <Fact term={say('consent.ended.asked')}>
                    <When at={creationTimestamp} />
                  </Fact>
                </Facts>
              </CardBody>
              <CardFooter>
                <LinkButton to={requestPath(request)} tab={DECIDE_TAB}>
                  {say(by === me ? 'operator.home.look' : 'proof.home.decide')}
                </LinkButton>
              </CardFooter>
            </Card>
          </StackItem>
        );
      })}
    </Stack>
  );
}

/** That nobody's bundles are trusted yet, and where one says whose are. */
import { Alert } from '@patternfly/react-core';
import { LinkButton } from '../../parts/link-button.tsx';
import { useTexts } from '../../texts/texts.ts';

export function NoTrustAlert() {
  const { say } = useTexts();
  return (
    <Alert
      component="p"
      variant="warning"
      isInline
      title={say('operator.trust.none')}
      actionLinks={
        <LinkButton to="/bundle-trust" variant="link">
          {say('operator.trust.open')}
        </LinkButton>
      }
    >
      {say('operator.trust.none.body')}
    </Alert>
  );
}

/** An access key: whose it is, what it opens, and its secret while nobody has that yet. */
import { Alert, Content } from '@patternfly/react-core';
import { useState } from 'react';
import type { TabProps } from '../../resources/detail-page.tsx';
import { useIdentity } from '../../shell/identity.ts';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { accessKeySpecOf, accessKeyStatusOf, issue } from './access-key.ts';
import { Facts } from './facts.tsx';
import { HintedButton } from './hinted-button.tsx';
import type { KeyPair } from './key-env.ts';
import { SecretOnce } from './secret-once.tsx';
import './storage.css';
import { timeText } from './units.ts';

export function AccessKeyTab({ resource, object }: TabProps) {
  const { say, language } = useTexts();
  const { name: me } = useIdentity();
  const [pair, setPair] = useState<KeyPair>();
  const [problem, setProblem] = useState('');
  const { name, namespace: project } = object.metadata;
  const { user, serviceAccount, expires, scope } = accessKeySpecOf(object);
  const { accessKeyId, issuedAt } = accessKeyStatusOf(object);
  const show = () => {
    setProblem('');
    issue(resource, project, name).then(setPair, (error: unknown) => setProblem(problemText(error, say)));
  };
  return (
    <div className="casemate-parts">
      <Facts
        facts={[
          [say('storage.accessKey.holder'), user ?? serviceAccount],
          [say('storage.secret.id'), accessKeyId],
          [
            say('storage.accessKey.opens'),
            say(scope?.readOnly === true ? 'storage.accessKey.opens.read' : 'storage.accessKey.opens.all', {
              buckets: scope?.buckets?.join(', ') ?? 'all',
            }),
          ],
          [
            say('storage.accessKey.ends'),
            expires === undefined ? say('storage.accessKey.ends.never') : timeText(expires, language),
          ],
          [
            say('storage.secret'),
            issuedAt === undefined
              ? say('storage.secret.notYet')
              : say('storage.secret.given', { when: timeText(issuedAt, language) }),
          ],
        ]}
      />
      {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      {pair !== undefined ? (
        <SecretOnce pair={pair} project={project} name={name} onKept={() => setPair(undefined)} />
      ) : issuedAt === undefined ? (
        <div className="casemate-actions">
          <HintedButton
            why={
              user === undefined || user === me ? undefined : say('storage.secret.notYours', { who: user })
            }
            onClick={show}
          >
            {say('storage.secret.show')}
          </HintedButton>
        </div>
      ) : (
        <Content component="p">{say('storage.secret.gone')}</Content>
      )}
    </div>
  );
}

/** The secret of an access key, shown this once: to be copied, or kept as a file. It is in this page's memory alone. */
import { Alert, Button, ClipboardCopy, Content } from '@patternfly/react-core';
import { useLiveList } from '../../api/live-list.ts';
import { useTexts } from '../../texts/texts.ts';
import { bucketStatusOf } from './bucket.ts';
import { Facts } from './facts.tsx';
import { envOf, type KeyPair } from './key-env.ts';
import { KINDS, useKind } from './kinds.ts';

export interface SecretOnceProps {
  readonly pair: KeyPair;
  readonly project: string | undefined;
  readonly name: string;
  onKept(): void;
}

export function SecretOnce({ pair, project, name, onKept }: SecretOnceProps) {
  const { say } = useTexts();
  const { rows } = useLiveList(useKind(KINDS.buckets), { project });
  const endpoint = rows.map(({ object }) => bucketStatusOf(object).endpoint).find((one) => one !== undefined);
  const env = envOf(pair, endpoint);
  const keep = () => {
    const url = URL.createObjectURL(new Blob([`${env}\n`], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name}.env`;
    link.click();
    URL.revokeObjectURL(url);
  };
  const copied = { hoverTip: say('copy'), clickTip: say('copied') };
  return (
    <section aria-label={say('storage.secret')} className="casemate-parts">
      <Alert component="p" variant="warning" isInline isLiveRegion title={say('storage.secret.once')} />
      <Facts
        facts={[
          [
            say('storage.secret.id'),
            <ClipboardCopy
              key="id"
              isReadOnly
              isCode
              textAriaLabel={say('storage.secret.id')}
              toggleAriaLabel={say('storage.details')}
              {...copied}
            >
              {pair.accessKeyId}
            </ClipboardCopy>,
          ],
          [
            say('storage.secret.secret'),
            <ClipboardCopy
              key="secret"
              isReadOnly
              isCode
              textAriaLabel={say('storage.secret.secret')}
              toggleAriaLabel={say('storage.details')}
              {...copied}
            >
              {pair.secretAccessKey}
            </ClipboardCopy>,
          ],
        ]}
      />
      <Content component="p">{say('storage.secret.env')}</Content>
      <div className="casemate-actions">
        <Button onClick={keep}>{say('storage.secret.file', { name: `${name}.env` })}</Button>
        <Button variant="secondary" onClick={onKept}>
          {say('storage.secret.kept')}
        </Button>
      </div>
    </section>
  );
}

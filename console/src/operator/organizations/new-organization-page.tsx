/** Makes an organization: its name, and whoever is let in first. From then on nobody of the region has a way into it. */
import { FormGroup, Radio, StackItem, TextArea } from '@patternfly/react-core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { FieldHelp } from '../../parts/field-help.tsx';
import { ORGANIZATIONS, useKind } from '../../parts/kind.ts';
import { make } from '../../parts/named.ts';
import { Page } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { useWork, WorkForm } from '../../parts/work.tsx';
import { useTexts } from '../../texts/texts.ts';
import { keep, newKey } from './new-keys.ts';

type Key = 'own' | 'here';

export function NewOrganizationPage() {
  const { say } = useTexts();
  const navigate = useNavigate();
  const resource = useKind(ORGANIZATIONS);
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [user, setUser] = useState('');
  const [key, setKey] = useState<Key>('own');
  const [ownRequest, setOwnRequest] = useState('');
  const [wasTried, setTried] = useState(false);
  const work = useWork();
  const isMissing = (text: string) => wasTried && text.trim() === '';
  const submit = async () => {
    setTried(true);
    const isIncomplete = [name, user, key === 'own' ? ownRequest : 'x'].some((text) => text.trim() === '');
    if (resource === undefined || isIncomplete) return;
    await work.run(async () => {
      const made = key === 'here' ? await newKey() : undefined;
      const { metadata } = await make(resource, name.trim(), {
        ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }),
        firstAdministrator: { user: user.trim(), request: made?.request ?? `${ownRequest.trim()}\n` },
      });
      if (made !== undefined) keep(metadata.uid, made.key);
      await navigate({ to: '/organizations/$name', params: { name: metadata.name } });
    });
  };
  return (
    <Page
      title={say('operator.org.create')}
      lead={say('operator.org.create.lead')}
      trail={{ to: '/organizations', parent: say('operator.org.title') }}
    >
      <StackItem>
        <WorkForm
          submit={say('operator.org.create')}
          isDisabled={resource === undefined}
          work={work}
          onSubmit={() => void submit()}
        >
          <TextField
            id="org-name"
            label={say('operator.column.name')}
            hint={say('operator.org.name.help')}
            isRequired
            value={name}
            isWrong={isMissing(name)}
            onChange={setName}
          />
          <TextField
            id="org-display"
            label={say('operator.org.displayName')}
            value={displayName}
            onChange={setDisplayName}
          />
          <TextField
            id="org-admin"
            label={say('operator.org.admin')}
            hint={say('operator.org.admin.help')}
            isRequired
            value={user}
            isWrong={isMissing(user)}
            onChange={setUser}
          />
          <FormGroup role="radiogroup" label={say('operator.org.key')} fieldId="org-key" isStack>
            <Radio
              id="org-key-own"
              name="org-key"
              label={say('operator.org.key.own')}
              description={say('operator.org.key.own.help')}
              isChecked={key === 'own'}
              onChange={() => setKey('own')}
            />
            <Radio
              id="org-key-here"
              name="org-key"
              label={say('operator.org.key.here')}
              description={say('operator.org.key.here.help')}
              isChecked={key === 'here'}
              onChange={() => setKey('here')}
            />
          </FormGroup>
          {key === 'own' && (
            <FormGroup label={say('operator.org.request')} fieldId="org-request" isRequired>
              <TextArea
                id="org-request"
                isRequired
                rows={8}
                value={ownRequest}
                placeholder="-----BEGIN CERTIFICATE REQUEST-----"
                validated={isMissing(ownRequest) ? 'error' : 'default'}
                onChange={(_event, value) => setOwnRequest(value)}
              />
              <FieldHelp text={say('operator.org.request.help')} isWrong={isMissing(ownRequest)} />
              <code>
                openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout
                organization.key -out organization.csr
              </code>
            </FormGroup>
          )}
        </WorkForm>
      </StackItem>
    </Page>
  );
}

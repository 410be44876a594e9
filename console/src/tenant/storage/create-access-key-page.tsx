/** Makes an access key for S3 clients, for oneself or for a service account, that opens no more than it has to; its secret is shown once. */
import {
  ActionGroup,
  Alert,
  Button,
  Checkbox,
  Content,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  PageSection,
  Title,
} from '@patternfly/react-core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useLiveList } from '../../api/live-list.ts';
import { TextField } from '../../parts/text-field.tsx';
import { useIdentity } from '../../shell/identity.ts';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { issue } from './access-key.ts';
import type { KeyPair } from './key-env.ts';
import { KINDS, makeObject, namesOf, useKind } from './kinds.ts';
import { SecretOnce } from './secret-once.tsx';
import './storage.css';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const BUCKETS_MAX = 64;

export function CreateAccessKeyPage() {
  const { say } = useTexts();
  const navigate = useNavigate();
  const { name: me } = useIdentity();
  const { project: wanted } = useSearch({ strict: false }) as { project?: string };
  const resource = useKind(KINDS.accessKeys);
  const projects = namesOf(useLiveList(useKind(KINDS.projects)));
  const [chosen, setChosen] = useState(wanted ?? '');
  const project = chosen === '' ? projects[0] : chosen;
  const accounts = namesOf(useLiveList(useKind(KINDS.serviceAccounts), { project }));
  const buckets = namesOf(useLiveList(useKind(KINDS.buckets), { project }));
  const [name, setName] = useState('');
  const [account, setAccount] = useState('');
  const [only, setOnly] = useState<readonly string[]>([]);
  const [isReadOnly, setReadOnly] = useState(false);
  const [ends, setEnds] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [isMade, setMade] = useState(false);
  const [pair, setPair] = useState<KeyPair>();
  const [problem, setProblem] = useState('');
  const isPast = ends !== '' && !(Date.parse(`${ends}T23:59:59Z`) > Date.now());
  const isWrongName = name !== '' && !NAME.test(name);
  const make = async () => {
    if (resource === undefined || project === undefined || name === '' || isWrongName || isPast) return;
    setBusy(true);
    setProblem('');
    const scope = {
      ...(only.length === 0 ? {} : { buckets: only }),
      ...(isReadOnly ? { readOnly: true } : {}),
    };
    const spec = {
      ...(account === '' ? { user: me } : { serviceAccount: account }),
      ...(ends === '' ? {} : { expires: `${ends}T23:59:59Z` }),
      ...(Object.keys(scope).length === 0 ? {} : { scope }),
    };
    try {
      // Made once; where the secret could not be given out, that alone is tried again.
      if (!isMade) await makeObject(resource, { project, name, spec });
      setMade(true);
      setPair(await issue(resource, project, name));
    } catch (error) {
      setProblem(problemText(error, say));
    } finally {
      setBusy(false);
    }
  };
  if (pair !== undefined)
    return (
      <PageSection isFilled>
        <Title headingLevel="h1">{say('storage.accessKey.made', { name })}</Title>
        <SecretOnce
          pair={pair}
          project={project}
          name={name}
          onKept={() => void navigate({ to: `/resources/${KINDS.accessKeys}/${project}/${name}` })}
        />
      </PageSection>
    );
  return (
    <PageSection isFilled>
      <Title headingLevel="h1">{say('storage.accessKey.title')}</Title>
      <Content component="p">{say('storage.accessKey.lead')}</Content>
      <Form
        isWidthLimited
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <FormGroup label={say('storage.project')} fieldId="key-project" isRequired>
          <FormSelect
            id="key-project"
            value={project ?? ''}
            isDisabled={isMade}
            onChange={(_event, value) => {
              setChosen(value);
              setOnly([]);
              setAccount('');
            }}
          >
            {[...new Set([...(wanted === undefined ? [] : [wanted]), ...projects])].map((one) => (
              <FormSelectOption key={one} value={one} label={one} />
            ))}
          </FormSelect>
        </FormGroup>
        <TextField
          id="key-name"
          label={say('storage.name')}
          hint={say('storage.accessKey.name.hint')}
          value={name}
          isRequired
          isWrong={isWrongName}
          onChange={setName}
        />
        <FormGroup label={say('storage.accessKey.holder')} fieldId="key-holder">
          <FormSelect
            id="key-holder"
            value={account}
            isDisabled={isMade}
            onChange={(_event, value) => setAccount(value)}
          >
            <FormSelectOption value="" label={say('storage.accessKey.me', { me })} />
            {accounts.map((one) => (
              <FormSelectOption
                key={one}
                value={one}
                label={say('storage.accessKey.account', { name: one })}
              />
            ))}
          </FormSelect>
        </FormGroup>
        <FormGroup role="group" isStack label={say('storage.accessKey.buckets')} fieldId="key-buckets">
          <Checkbox
            id="key-all"
            label={say('storage.accessKey.buckets.all')}
            isChecked={only.length === 0}
            isDisabled={only.length === 0}
            onChange={() => setOnly([])}
          />
          {buckets.slice(0, BUCKETS_MAX).map((one) => (
            <Checkbox
              key={one}
              id={`key-bucket-${one}`}
              label={one}
              isChecked={only.includes(one)}
              onChange={(_event, isChecked) =>
                setOnly(isChecked ? [...only, one] : only.filter((other) => other !== one))
              }
            />
          ))}
        </FormGroup>
        <Checkbox
          id="key-read-only"
          label={say('storage.accessKey.readOnly')}
          isChecked={isReadOnly}
          onChange={(_event, isChecked) => setReadOnly(isChecked)}
        />
        <TextField
          id="key-ends"
          type="date"
          label={say('storage.accessKey.until')}
          hint={isPast ? say('storage.lock.until.past') : say('storage.accessKey.until.hint')}
          value={ends}
          isWrong={isPast}
          onChange={setEnds}
        />
        {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
        <ActionGroup>
          <Button
            type="submit"
            isLoading={isBusy}
            isDisabled={isBusy || name === '' || isWrongName || isPast || project === undefined}
          >
            {say('storage.accessKey.make')}
          </Button>
        </ActionGroup>
      </Form>
    </PageSection>
  );
}

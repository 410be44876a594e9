/** Why, or why not: may this person do that, what decided it, and who could change it. */
import {
  Alert,
  Button,
  Content,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  List,
  ListItem,
  TextInput,
} from '@patternfly/react-core';
import { useId, useState } from 'react';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';
import { type AccessAnswer, askAccess, attributesOf, deedsOf } from './questions.ts';
import { policyText, type ReachTableProps } from './reach-table.tsx';

const NAME_LENGTH_MAX = 253;

export function WhyForm({ resource, project, name }: ReachTableProps) {
  const { say } = useTexts();
  const id = useId();
  const deeds = deedsOf(resource);
  const [user, setUser] = useState('');
  const [wanted, setWanted] = useState<string>(deeds[0]?.id ?? '');
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ readonly answer: AccessAnswer } | { readonly error: unknown }>();
  const deed = deeds.find((one) => one.id === wanted);
  const ask = async () => {
    if (deed === undefined) return;
    setBusy(true);
    const attributes = attributesOf(resource, deed, project, name);
    await askAccess({ why: { user: user.trim(), attributes } }).then(
      (answer) => setSaid({ answer }),
      (error: unknown) => setSaid({ error }),
    );
    setBusy(false);
  };
  return (
    <Form
      isHorizontal
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <FormGroup label={say('proof.why.user')} fieldId={`${id}-user`} isRequired>
        <TextInput
          id={`${id}-user`}
          isRequired
          value={user}
          maxLength={NAME_LENGTH_MAX}
          onChange={(_event, value) => {
            setUser(value);
            setSaid(undefined);
          }}
        />
      </FormGroup>
      <FormGroup label={say('proof.why.deed')} fieldId={`${id}-deed`}>
        <FormSelect
          id={`${id}-deed`}
          value={wanted}
          onChange={(_event, value) => {
            setWanted(value);
            setSaid(undefined);
          }}
        >
          {deeds.map((one) => (
            <FormSelectOption key={one.id} value={one.id} label={say(`proof.reach.${one.id}`)} />
          ))}
        </FormSelect>
      </FormGroup>
      <div>
        <Button type="submit" variant="secondary" isLoading={busy} isDisabled={user.trim() === ''}>
          {say('proof.why.ask')}
        </Button>
      </div>
      {said !== undefined &&
        ('error' in said ? (
          <Alert variant="danger" isInline isLiveRegion component="h3" title={problemText(said.error, say)} />
        ) : (
          <Answer answer={said.answer} user={user.trim()} />
        ))}
    </Form>
  );
}

function Answer({ answer, user }: { readonly answer: AccessAnswer; readonly user: string }) {
  const { say } = useTexts();
  const { allowed, reason, policies = [], roles = [], administrators = [] } = answer;
  return (
    <Alert
      variant={allowed === true ? 'success' : 'warning'}
      isInline
      isLiveRegion
      component="h3"
      title={say(allowed === true ? 'proof.why.yes' : 'proof.why.no', { user })}
    >
      {reason !== undefined && <Content component="p">{reason}</Content>}
      {policies.length > 0 && (
        <List>
          {policies.map((policy) => (
            <ListItem key={`${policy.kind} ${policy.name}`}>{policyText(policy, say)}</ListItem>
          ))}
        </List>
      )}
      {allowed !== true && roles.length > 0 && (
        <Content component="p">
          {say('proof.why.roles', { roles: roles.join(', '), administrators: administrators.join(', ') })}
        </Content>
      )}
    </Alert>
  );
}

/** The keys of witnesses that this browser believes: pasted by a person who has them from elsewhere, remembered until they are taken out. */
import {
  Alert,
  Button,
  Content,
  DataList,
  DataListAction,
  DataListCell,
  DataListItem,
  DataListItemCells,
  DataListItemRow,
  Form,
  FormGroup,
  Stack,
  StackItem,
  TextArea,
} from '@patternfly/react-core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { place } from '../session/place.ts';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { algorithmOf, type CosignerKey } from './cosignature.ts';
import { ProofError } from './problem.ts';
import { forgetWitness, recallWitnesses, trustWitnesses } from './witnesses.ts';

const KEY = ['ledger witnesses'];

export function WitnessKeys({ onChanged }: { readonly onChanged: () => void }) {
  const { say } = useTexts();
  const id = useId();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [said, setSaid] = useState<{ readonly added: number } | { readonly error: unknown }>();
  const { data: known = [] } = useQuery({
    queryKey: KEY,
    staleTime: 0,
    queryFn: () => recallWitnesses(localStorage, place.prefix),
  });
  const changed = async () => {
    await queries.invalidateQueries({ queryKey: KEY });
    onChanged();
  };
  const remember = async () => {
    try {
      setSaid({ added: await trustWitnesses(localStorage, place.prefix, text) });
      setText('');
      await changed();
    } catch (error) {
      setSaid({ error });
    }
  };
  const forget = async ({ vkey }: CosignerKey) => {
    forgetWitness(localStorage, place.prefix, vkey);
    setSaid(undefined);
    await changed();
  };
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">{say('proof.witnesses.lead')}</Content>
      </StackItem>
      {known.length > 0 && (
        <StackItem>
          <DataList aria-label={say('proof.witnesses.known')} isCompact>
            {known.map((key) => (
              <Known key={key.vkey} witness={key} onForget={() => void forget(key)} />
            ))}
          </DataList>
        </StackItem>
      )}
      <StackItem>
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            void remember();
          }}
        >
          <FormGroup label={say('proof.witnesses.label')} fieldId={id}>
            <TextArea
              id={id}
              value={text}
              rows={3}
              resizeOrientation="vertical"
              onChange={(_event, value) => {
                setText(value);
                setSaid(undefined);
              }}
            />
          </FormGroup>
          {said !== undefined && 'error' in said && (
            <Alert variant="danger" isInline isLiveRegion component="h3" title={say('proof.witnesses.wrong')}>
              {said.error instanceof ProofError ? said.error.message : problemText(said.error, say)}
            </Alert>
          )}
          {said !== undefined && 'added' in said && (
            <Alert
              variant="success"
              isInline
              isLiveRegion
              component="h3"
              title={say('proof.witnesses.added', { count: said.added })}
            />
          )}
          <div>
            <Button type="submit" variant="secondary" isDisabled={text.trim() === ''}>
              {say('proof.witnesses.remember')}
            </Button>
          </div>
        </Form>
      </StackItem>
    </Stack>
  );
}

interface KnownProps {
  readonly witness: CosignerKey;
  readonly onForget: () => void;
}

function Known({ witness, onForget }: KnownProps) {
  const { say } = useTexts();
  const id = useId();
  const { name, keyId } = witness;
  return (
    <DataListItem aria-labelledby={id}>
      <DataListItemRow>
        <DataListItemCells
          dataListCells={[
            <DataListCell key="name">
              <span id={id}>
                {name} <code>{keyId}</code> ({algorithmOf(witness)})
              </span>
            </DataListCell>,
          ]}
        />
        <DataListAction id={`${id}-act`} aria-labelledby={id} aria-label={say('proof.witnesses.forget')}>
          <Button
            variant="link"
            isInline
            aria-label={say('proof.witnesses.forget.one', { name, keyId })}
            onClick={onForget}
          >
            {say('proof.witnesses.forget')}
          </Button>
        </DataListAction>
      </DataListItemRow>
    </DataListItem>
  );
}

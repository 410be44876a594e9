/** The state of a log: how long it is, what its root is, which key signs it, and whether all of that holds; a key from paper can be held against it. */
import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Content,
  ExpandableSection,
  Form,
  FormGroup,
  Spinner,
  Stack,
  StackItem,
  TextArea,
} from '@patternfly/react-core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Command, Fact, Facts } from '../parts/shown.tsx';
import { Problem, problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import { type Cosigners, cosignersIn, readCosigned } from './cosigners.ts';
import { CosignersList } from './cosigners-list.tsx';
import { type LogName, placeOf } from './log-reader.ts';
import { Moment } from './moment.tsx';
import { rootText } from './note.ts';
import { ProofError } from './problem.ts';
import { trustPaper } from './trusted-keys.ts';
import { VerdictAlert } from './verdict-alert.tsx';
import { type Verdict, verifyLog } from './verify.ts';
import { WitnessKeys } from './witness-keys.tsx';
import { recallWitnesses } from './witnesses.ts';

const stateKey = (log: LogName) => ['ledger state', log];

interface LogState {
  readonly verdict: Verdict;
  /** Undefined: there is no checkpoint to hold them against. */
  readonly cosigned: Cosigners | undefined;
}

export function LogState({ log }: { readonly log: LogName }) {
  const { say } = useTexts();
  const { data, error, refetch } = useQuery({
    queryKey: stateKey(log),
    queryFn: async (): Promise<LogState> => {
      const place = placeOf(log);
      const [items, witnesses] = await Promise.all([
        readCosigned(place.source),
        recallWitnesses(place.memory, place.prefix),
      ]);
      const verdict = await verifyLog(place);
      const { note } = verdict;
      return {
        verdict,
        cosigned: note === undefined ? undefined : await cosignersIn(place.source, items, note, witnesses),
      };
    },
  });
  const title = useId();
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  return (
    <Card component="section" aria-labelledby={title}>
      <CardTitle component="h2" id={title}>
        {say('proof.state')}
      </CardTitle>
      <CardBody>
        {data === undefined ? <Spinner aria-label={say('app.loading')} /> : <State log={log} {...data} />}
      </CardBody>
    </Card>
  );
}

function State({ log, verdict, cosigned }: LogState & { readonly log: LogName }) {
  const { say } = useTexts();
  const queries = useQueryClient();
  const { checkpoint, key, keySince, keyFrom } = verdict;
  return (
    <Stack hasGutter>
      <StackItem>
        <VerdictAlert verdict={verdict} level="h3" />
      </StackItem>
      <StackItem>
        <Facts>
          {checkpoint !== undefined && (
            <>
              <Fact term={say('proof.state.origin')}>{checkpoint.origin}</Fact>
              <Fact term={say('proof.state.size')}>{checkpoint.size}</Fact>
              <Fact term={say('proof.state.root')}>
                <code>{rootText(checkpoint)}</code>
              </Fact>
            </>
          )}
          {key !== undefined && (
            <>
              <Fact term={say('proof.state.keyId')}>
                <strong>
                  <code>{key.keyId}</code>
                </strong>{' '}
                {keySince !== undefined && (
                  <>
                    {say(keyFrom === 'paper' ? 'proof.state.fromPaper' : 'proof.state.fromFirstSight')}{' '}
                    <Moment at={keySince} />
                  </>
                )}
              </Fact>
              <Fact term={say('proof.state.key')}>
                <Command>{key.vkey}</Command>
              </Fact>
            </>
          )}
          {cosigned !== undefined && (
            <Fact term={say('proof.state.cosigners')}>
              <CosignersList {...cosigned} />
            </Fact>
          )}
        </Facts>
        <ExpandableSection toggleText={say('proof.paper')}>
          <PaperKey log={log} />
        </ExpandableSection>
        <ExpandableSection toggleText={say('proof.witnesses')}>
          <WitnessKeys onChanged={() => void queries.invalidateQueries({ queryKey: stateKey(log) })} />
        </ExpandableSection>
      </StackItem>
    </Stack>
  );
}

/** A key that somebody has from elsewhere; from then on this browser believes that one. */
function PaperKey({ log }: { readonly log: LogName }) {
  const { say } = useTexts();
  const id = useId();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [said, setSaid] = useState<{ readonly isSame: boolean } | { readonly error: unknown }>();
  const compare = async () => {
    try {
      setSaid({ isSame: await trustPaper(placeOf(log), text) });
      await queries.invalidateQueries({ queryKey: stateKey(log) });
    } catch (error) {
      setSaid({ error });
    }
  };
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void compare();
      }}
    >
      <Content component="p">{say('proof.paper.lead')}</Content>
      <FormGroup label={say('proof.paper.label')} fieldId={id}>
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
        <Alert
          variant="danger"
          isInline
          isLiveRegion
          component="h3"
          title={
            said.error instanceof ProofError
              ? say(`proof.problem.${said.error.problem}`)
              : say('proof.unreachable')
          }
        >
          {problemText(said.error, say)}
        </Alert>
      )}
      {said !== undefined && 'isSame' in said && (
        <Alert
          variant={said.isSame ? 'success' : 'danger'}
          component="h3"
          isInline
          isLiveRegion
          title={say(said.isSame ? 'proof.paper.same' : 'proof.paper.other')}
        >
          {said.isSame ? undefined : say('proof.alarm')}
        </Alert>
      )}
      <div>
        <Button type="submit" variant="secondary" isDisabled={text.trim() === ''}>
          {say('proof.paper.compare')}
        </Button>
      </div>
    </Form>
  );
}

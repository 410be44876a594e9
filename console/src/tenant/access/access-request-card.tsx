/** One request of an operator: who, why, for how long, and everything it would open; with what one can say to it. */
import {
  Alert,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardTitle,
  Flex,
  FlexItem,
  FormGroup,
  Label,
  List,
  ListItem,
  Stack,
  StackItem,
  TextInput,
} from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import type { Resource } from '../../api/discovery.ts';
import {
  type AccessRequest,
  decide,
  isUnderWay,
  isWaiting,
  operatorOf,
  type Recording,
} from '../../consent/access-requests.ts';
import { Fact, Facts, When } from '../../parts/shown.tsx';
import { useIdentity } from '../../shell/identity.ts';
import { problemText } from '../../shell/problem.tsx';
import type { TextId } from '../../texts/en.ts';
import { useTexts } from '../../texts/texts.ts';

const NOTE_LENGTH_MAX = 256;

export interface AccessRequestCardProps {
  readonly request: AccessRequest;
  /** The kind of requests. */
  readonly resource: Resource;
  /** What was recorded under it. */
  readonly recordings: readonly Recording[];
  /** Of its heading; what stands in it is one below. */
  readonly level?: 2 | 3;
}

export function AccessRequestCard({ request, resource, recordings, level = 3 }: AccessRequestCardProps) {
  const { say } = useTexts();
  const { metadata, spec, status } = request;
  const id = `request-${metadata.uid}`;
  return (
    <Card component="section" aria-labelledby={id}>
      <CardTitle component={`h${level}`} id={id}>
        {say(isUnderWay(request) ? 'proof.operators.isIn' : 'proof.operators.asks', {
          operator: operatorOf(request),
          project: spec.project,
        })}
      </CardTitle>
      <CardBody>
        {spec.breakGlass === true && (
          <Alert
            variant="danger"
            isInline
            style={{ marginBlockEnd: '1rem' }}
            component={level === 2 ? 'h3' : 'h4'}
            title={
              spec.origin === undefined
                ? say('proof.operators.breakGlass.asked')
                : say('proof.operators.breakGlass', {
                    operators: [operatorOf(request), ...(spec.origin.approvedBy ?? [])].join(', '),
                  })
            }
          />
        )}
        <Facts>
          {spec.origin === undefined && (
            <Fact term={say('proof.operators.organization')}>{spec.organization}</Fact>
          )}
          <Fact term={say('proof.operators.reason')}>{spec.reason}</Fact>
          <Fact term={say('proof.operators.duration')}>
            {status.endsAt === undefined ? (
              say('proof.operators.minutes', { count: spec.duration_minutes })
            ) : (
              <>
                {say('proof.operators.until')} <When at={status.endsAt} />
              </>
            )}
          </Fact>
          <Fact term={say('proof.operators.opens')}>
            <List isPlain>
              {spec.scope.map(({ verbs, resources, names }) => (
                <ListItem key={`${verbs} ${resources} ${names}`}>
                  {say('proof.operators.rule', {
                    verbs: verbs.join(', '),
                    resources: resources.join(', '),
                    names: names?.join(', ') ?? 'all',
                  })}
                </ListItem>
              ))}
            </List>
          </Fact>
          {spec.origin !== undefined && (
            <Fact term={say('proof.operators.recorded')}>
              {recordings.length === 0 ? (
                say('proof.operators.recorded.none')
              ) : (
                <List isPlain>
                  {recordings.map((one) => (
                    <ListItem key={one.metadata.uid}>
                      <RecordingLink recording={one} />
                    </ListItem>
                  ))}
                </List>
              )}
            </Fact>
          )}
        </Facts>
      </CardBody>
      <CardFooter>
        {isWaiting(request) && <Decision request={request} resource={resource} />}
        {status.phase === 'Carried' && say('proof.operators.carried')}
        {isUnderWay(request) && <Revoke request={request} resource={resource} />}
      </CardFooter>
    </Card>
  );
}

export function RecordingLink({ recording }: { readonly recording: Recording }) {
  const { say } = useTexts();
  const { metadata, spec, status } = recording;
  const phase = status?.phase ?? 'Recording';
  return (
    <>
      <Link to="/access/recordings/$name" params={{ name: metadata.name } as never}>
        {say(phase === 'Recording' ? 'proof.operators.watch' : 'proof.operators.replay', {
          instance: spec.target.name,
        })}
      </Link>{' '}
      <Label
        isCompact
        status={phase === 'Complete' ? 'success' : phase === 'Incomplete' ? 'warning' : 'info'}
      >
        {say(`proof.recording.${phase}`)}
      </Label>
    </>
  );
}

/** Why this person has nothing to decide; undefined: they have. In the region operators agree only to break the glass, and nobody to their own. */
function whyNot({ spec, status }: AccessRequest, me: string): TextId | undefined {
  if (spec.origin !== undefined) return undefined;
  if (spec.breakGlass !== true) return 'proof.operators.carried';
  return status.consent.requestedBy === me ? 'proof.operators.own' : undefined;
}

function Decision({ request, resource }: Pick<AccessRequestCardProps, 'request' | 'resource'>) {
  const { say } = useTexts();
  const id = useId();
  const { name: me } = useIdentity();
  const [note, setNote] = useState('');
  const why = whyNot(request, me);
  const { busy, problem, act } = useDeciding(request, resource);
  if (why !== undefined) return say(why);
  return (
    <Stack hasGutter>
      {problem !== false && <StackItem>{problem}</StackItem>}
      <StackItem>
        <FormGroup label={say('proof.operators.note')} fieldId={id}>
          <TextInput
            id={id}
            value={note}
            maxLength={NOTE_LENGTH_MAX}
            onChange={(_event, value) => setNote(value)}
          />
        </FormGroup>
      </StackItem>
      <StackItem>
        <Flex>
          <FlexItem>
            <Button
              isLoading={busy === 'approve'}
              isDisabled={busy !== undefined}
              onClick={() => void act('approve', note)}
            >
              {say(request.spec.origin === undefined ? 'proof.operators.agree' : 'proof.operators.grant')}
            </Button>
          </FlexItem>
          <FlexItem>
            <Button
              variant="secondary"
              isLoading={busy === 'reject'}
              isDisabled={busy !== undefined}
              onClick={() => void act('reject', note)}
            >
              {say('proof.operators.refuse')}
            </Button>
          </FlexItem>
        </Flex>
      </StackItem>
    </Stack>
  );
}

function Revoke({ request, resource }: Pick<AccessRequestCardProps, 'request' | 'resource'>) {
  const { say } = useTexts();
  const { busy, problem, act } = useDeciding(request, resource);
  return (
    <>
      {problem}
      <Button
        variant="danger"
        isLoading={busy === 'revoke'}
        isDisabled={busy !== undefined}
        onClick={() => void act('revoke', '')}
      >
        {say('proof.operators.revoke')}
      </Button>
      <p>{say('proof.operators.revoke.lost')}</p>
    </>
  );
}

function useDeciding(request: AccessRequest, resource: Resource) {
  const { say } = useTexts();
  const [busy, setBusy] = useState<'approve' | 'reject' | 'revoke'>();
  const [error, setError] = useState<unknown>();
  return {
    busy,
    problem: error !== undefined && (
      <Alert variant="danger" isInline isLiveRegion title={problemText(error, say)} />
    ),
    async act(word: 'approve' | 'reject' | 'revoke', note: string) {
      setBusy(word);
      setError(undefined);
      await decide(resource, request.metadata.name, word, note.trim()).catch(setError);
      setBusy(undefined);
    },
  };
}

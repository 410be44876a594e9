/** An object as YAML: read, changed, looked at once more as a diff, saved. */
import {
  ActionList,
  ActionListGroup,
  ActionListItem,
  Alert,
  Button,
  CodeBlock,
  CodeBlockCode,
  Content,
  Stack,
  StackItem,
  TextArea,
  Tooltip,
} from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api/client.ts';
import type { ApiObject } from '../api/live-list.ts';
import { ConflictView } from '../forms/conflict-view.tsx';
import { DiffView } from '../forms/diff-view.tsx';
import { bodySchema } from '../forms/draft.ts';
import { editablePart, isChangedSince, shownPart } from '../forms/editable.ts';
import { LeaveGuard } from '../forms/leave-guard.tsx';
import { readYaml, toYaml } from '../forms/manifest.ts';
import { useWhyNotChange } from '../forms/may-change.tsx';
import { ProblemSummary } from '../forms/problem-summary.tsx';
import { type FieldProblem, problemsOf, refusedFields } from '../forms/problems.ts';
import { save } from '../forms/save.ts';
import { schemaOf } from '../forms/schema-query.ts';
import { type Fields, isRecord, jsonEqual } from '../forms/value.ts';
import { problemText } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import type { TabProps } from './detail-page.tsx';

const ROWS_MIN = 12;
const ROWS_MAX = 40;

export function YamlTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const [base, setBase] = useState<ApiObject>();
  const [isSaved, setSaved] = useState(false);
  const whyNot = useWhyNotChange(resource, object);
  if (base !== undefined)
    return (
      <YamlEditor
        // What somebody writes belongs to this very object.
        key={base.metadata.uid}
        resource={resource}
        object={object}
        base={base}
        onDone={(saved) => {
          setBase(undefined);
          setSaved(saved);
        }}
      />
    );
  return (
    <Stack hasGutter>
      {isSaved && (
        <StackItem>
          <Alert variant="success" component="h2" isInline isLiveRegion title={say('forms.edit.saved')} />
        </StackItem>
      )}
      <StackItem>
        <Tooltip content={whyNot ?? ''} trigger={whyNot === undefined ? 'manual' : 'mouseenter focus'}>
          <Button
            variant="secondary"
            isAriaDisabled={whyNot !== undefined}
            onClick={() => {
              setSaved(false);
              setBase(object);
            }}
          >
            {say('forms.yaml.edit')}
          </Button>
        </Tooltip>
      </StackItem>
      <StackItem>
        <CodeBlock>
          <CodeBlockCode>{toYaml(shownPart(object))}</CodeBlockCode>
        </CodeBlock>
      </StackItem>
    </Stack>
  );
}

interface YamlEditorProps extends TabProps {
  /** As it was when somebody began to write. */
  readonly base: ApiObject;
  onDone(saved: boolean): void;
}

function YamlEditor({ resource, object, base: begun, onDone }: YamlEditorProps) {
  const { say } = useTexts();
  const [base, setBase] = useState(begun);
  const before = toYaml(editablePart(base));
  const [text, setText] = useState(before);
  const [isReviewed, setReviewed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState<ApiObject>();
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const [complaint, setComplaint] = useState('');
  const { data: schema } = useQuery(schemaOf(resource));
  const read = readYaml(text);
  const isChanged = text !== before;
  const write = (next: string) => {
    setText(next);
    setProblems([]);
    setComplaint('');
  };
  const review = () => {
    if (read.object === undefined) {
      setComplaint(say('forms.yaml.broken', read.problem));
      return;
    }
    if (!isSame(read.object, editablePart(base))) {
      setComplaint(say('forms.yaml.identity'));
      return;
    }
    const { metadata: _metadata, ...body } = read.object;
    const found = schema ? problemsOf(bodySchema(schema), body, '') : [];
    setProblems(found);
    setComplaint('');
    setReviewed(found.length === 0);
  };
  const send = async () => {
    if (read.object === undefined || isBusy) return;
    setBusy(true);
    try {
      const saved = await save({ resource, base, edited: read.object });
      if (saved.type === 'saved') onDone(true);
      else setTheirs(saved.theirs);
    } catch (error) {
      setReviewed(false);
      const causes = error instanceof ApiError ? error.status.details?.causes : undefined;
      setProblems(refusedFields(causes));
      setComplaint(causes === undefined ? problemText(error, say) : '');
    } finally {
      setBusy(false);
    }
  };
  if (theirs !== undefined && read.object !== undefined)
    return (
      <>
        <LeaveGuard isUnsaved={() => true} />
        <ConflictView
          base={editablePart(base)}
          mine={read.object}
          theirs={editablePart(theirs)}
          onDrop={() => onDone(false)}
          onTake={(merged) => {
            setBase(theirs);
            write(toYaml(merged));
            setTheirs(undefined);
            setReviewed(true);
          }}
        />
      </>
    );
  const isMeanwhile = isChangedSince(base, object);
  const lines = text.split('\n').length;
  return (
    <Stack hasGutter>
      <LeaveGuard isUnsaved={() => isChanged} />
      {isMeanwhile && (
        <StackItem>
          <Alert variant="info" component="h2" isInline isLiveRegion title={say('forms.meanwhile')} />
        </StackItem>
      )}
      {complaint !== '' && (
        <StackItem>
          <Alert variant="danger" component="h2" isInline isLiveRegion title={complaint} />
        </StackItem>
      )}
      {problems.length > 0 && (
        <StackItem>
          <ProblemSummary title={say('forms.yaml.wrong')} problems={problems} />
        </StackItem>
      )}
      <StackItem>
        {isReviewed ? (
          <DiffView label={say('forms.diff.label')} before={before} after={text} />
        ) : (
          <>
            <Content component="p">{say('forms.yaml.note')}</Content>
            <TextArea
              className="casemate-code"
              aria-label={say('forms.yaml.label', { name: base.metadata.name })}
              rows={Math.min(ROWS_MAX, Math.max(ROWS_MIN, lines + 1))}
              resizeOrientation="vertical"
              spellCheck={false}
              autoFocus
              validated={complaint !== '' || problems.length > 0 ? 'error' : 'default'}
              value={text}
              onChange={(_event, next) => write(next)}
            />
          </>
        )}
      </StackItem>
      <StackItem>
        <ActionList>
          <ActionListGroup>
            <ActionListItem>
              {isReviewed ? (
                <Button isLoading={isBusy} isAriaDisabled={isBusy} onClick={() => void send()}>
                  {say('forms.edit.save')}
                </Button>
              ) : (
                <Tooltip
                  content={say('forms.edit.unchanged')}
                  trigger={isChanged ? 'manual' : 'mouseenter focus'}
                >
                  <Button isAriaDisabled={!isChanged} onClick={review}>
                    {say('forms.yaml.review')}
                  </Button>
                </Tooltip>
              )}
            </ActionListItem>
            {isReviewed && (
              <ActionListItem>
                <Button variant="secondary" onClick={() => setReviewed(false)}>
                  {say('forms.yaml.back')}
                </Button>
              </ActionListItem>
            )}
            <ActionListItem>
              <Button variant="link" onClick={() => onDone(false)}>
                {say('cancel')}
              </Button>
            </ActionListItem>
          </ActionListGroup>
        </ActionList>
      </StackItem>
    </Stack>
  );
}

/** Whether two are the same object, though they say different things of it. */
function isSame(one: Fields, other: Fields): boolean {
  const [a, b] = [one, other].map(({ apiVersion, kind, metadata }) => {
    const { name, namespace } = isRecord(metadata) ? metadata : {};
    return [apiVersion, kind, name, namespace];
  });
  return jsonEqual(a, b);
}

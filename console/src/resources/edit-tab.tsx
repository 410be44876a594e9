/** Changes an object by the form that its schema describes. What was set for good is shown and says so. */
import { Alert, Bullseye, Button, Spinner } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { ApiObject } from '../api/live-list.ts';
import { ConflictView } from '../forms/conflict-view.tsx';
import { useDraft } from '../forms/draft.ts';
import { editablePart, isChangedSince, manifestPart } from '../forms/editable.ts';
import type { ObjectSchema } from '../forms/field-schema.ts';
import { FormPage } from '../forms/form-page.tsx';
import { LeaveGuard } from '../forms/leave-guard.tsx';
import { useWhyNotChange } from '../forms/may-change.tsx';
import { save } from '../forms/save.ts';
import { schemaOf } from '../forms/schema-query.ts';
import { useSending } from '../forms/sending.ts';
import { type Fields, filledIn, jsonEqual } from '../forms/value.ts';
import { Problem } from '../shell/problem.tsx';
import { useTexts } from '../texts/texts.ts';
import type { TabProps } from './detail-page.tsx';

/** What is written now: anew after each save, and where changes were taken onto what somebody else left. */
interface Round {
  readonly number: number;
  readonly base: ApiObject;
  readonly initial: Fields;
  readonly isSaved: boolean;
}

export function EditTab({ resource, object }: TabProps) {
  const { say } = useTexts();
  const { data: schema, error } = useQuery(schemaOf(resource));
  const [round, setRound] = useState<Round>(() => ({
    number: 0,
    base: object,
    initial: editablePart(object),
    isSaved: false,
  }));
  const next = useCallback(
    (base: ApiObject, initial: Fields, isSaved: boolean) =>
      setRound(({ number }) => ({ number: number + 1, base, initial, isSaved })),
    [],
  );
  if (error !== null && schema === undefined) return <Problem error={error} />;
  if (schema === undefined || schema === null)
    return (
      <Bullseye>
        <Spinner aria-label={say('app.loading')} />
      </Bullseye>
    );
  return (
    <EditForm
      key={`${round.base.metadata.uid} ${round.number}`}
      resource={resource}
      object={object}
      schema={schema}
      round={round}
      onNext={next}
    />
  );
}

interface EditFormProps extends TabProps {
  readonly schema: ObjectSchema;
  readonly round: Round;
  onNext(base: ApiObject, initial: Fields, isSaved: boolean): void;
}

function EditForm({ resource, object, schema, round, onNext }: EditFormProps) {
  const { say } = useTexts();
  const { base, initial } = round;
  const [theirs, setTheirs] = useState<ApiObject>();
  const whyNot = useWhyNotChange(resource, object);
  const draft = useDraft({
    schema,
    isProject: resource.group === '' && resource.plural === 'namespaces',
    isNamespaced: resource.isNamespaced,
    initial,
    original: base,
  });
  const sending = useSending(draft);
  const edited = filledIn(draft.value) as Fields;
  const begun = editablePart(base);
  const isChanged = !jsonEqual(edited, filledIn(begun));
  const isMeanwhile = isChangedSince(base, object);
  // Who has changed nothing yet sees what others change.
  useEffect(() => {
    if (isMeanwhile && !isChanged) onNext(object, editablePart(object), round.isSaved);
  }, [isMeanwhile, isChanged, object, onNext, round.isSaved]);
  const whyNotNow = whyNot ?? (isChanged ? undefined : say('forms.edit.unchanged'));
  const send = async () => {
    const saved = await save({ resource, base, edited });
    if (saved.type === 'saved') onNext(saved.object, editablePart(saved.object), true);
    else setTheirs(saved.theirs);
  };
  const guard = <LeaveGuard isUnsaved={() => isChanged} />;
  if (theirs !== undefined)
    return (
      <>
        {guard}
        <ConflictView
          base={begun}
          mine={edited}
          theirs={editablePart(theirs)}
          onDrop={() => onNext(theirs, editablePart(theirs), false)}
          onTake={(merged) => onNext(theirs, merged, false)}
        />
      </>
    );
  const notice = isMeanwhile
    ? isChanged && { variant: 'info' as const, title: say('forms.meanwhile') }
    : round.isSaved && !draft.isChanged && { variant: 'success' as const, title: say('forms.edit.saved') };
  return (
    <>
      {guard}
      <FormPage
        resource={resource}
        schema={schema}
        draft={draft}
        sending={sending}
        object={manifestPart(edited)}
        submit={say('forms.edit.save')}
        whyNot={whyNotNow}
        onSubmit={() => void sending.send(whyNotNow, send)}
        notice={notice ? <Alert component="h2" isInline isLiveRegion {...notice} /> : undefined}
        otherAction={
          isChanged ? (
            <Button variant="link" onClick={() => onNext(object, editablePart(object), false)}>
              {say('forms.edit.undo')}
            </Button>
          ) : undefined
        }
      />
    </>
  );
}

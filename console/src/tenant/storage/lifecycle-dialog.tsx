/** One rule of what a bucket removes by itself. */
import { Alert, Switch } from '@patternfly/react-core';
import { useState } from 'react';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { draftOf, type Rule, type RuleDraft, ruleOf, ruleProblems } from './lifecycle.ts';

export interface LifecycleDialogProps {
  /** Undefined: a new one. */
  readonly rule: Rule | undefined;
  /** What other rules are called. */
  readonly others: readonly string[];
  onSave(rule: Rule): Promise<unknown>;
  onClose(): void;
}

export function LifecycleDialog({ rule, others, onSave, onClose }: LifecycleDialogProps) {
  const { say } = useTexts();
  const [draft, setDraft] = useState(() => draftOf(rule));
  const wrong = ruleProblems(draft, rule, others);
  const change = (next: Partial<RuleDraft>) => setDraft({ ...draft, ...next });
  return (
    <Ask
      title={rule === undefined ? say('storage.life.new') : say('storage.life.edit', { rule: rule.id })}
      lead={say('storage.life.dialog.lead')}
      confirm={say('save')}
      isIncomplete={wrong.size > 0}
      onConfirm={() => onSave(ruleOf(draft, rule))}
      onClose={onClose}
    >
      <TextField
        id="life-id"
        label={say('storage.life.id')}
        hint={others.includes(draft.id) ? say('storage.life.id.taken') : undefined}
        value={draft.id}
        isRequired
        isWrong={draft.id !== '' && wrong.has('id')}
        onChange={(id) => change({ id })}
      />
      <TextField
        id="life-prefix"
        label={say('storage.life.prefix')}
        hint={say('storage.life.prefix.hint')}
        value={draft.prefix}
        onChange={(prefix) => change({ prefix })}
      />
      <TextField
        id="life-days"
        type="number"
        label={say('storage.life.days')}
        hint={say('storage.life.days.hint')}
        value={draft.days}
        isWrong={wrong.has('days')}
        onChange={(days) => change({ days })}
      />
      <TextField
        id="life-old-days"
        type="number"
        label={say('storage.life.oldDays')}
        value={draft.oldDays}
        isWrong={wrong.has('oldDays')}
        onChange={(oldDays) => change({ oldDays })}
      />
      <TextField
        id="life-old-kept"
        type="number"
        label={say('storage.life.oldKept')}
        hint={say('storage.life.oldKept.hint')}
        value={draft.oldKept}
        isWrong={wrong.has('oldKept')}
        onChange={(oldKept) => change({ oldKept })}
      />
      <TextField
        id="life-uploads"
        type="number"
        label={say('storage.life.uploadDays')}
        value={draft.uploadDays}
        isWrong={wrong.has('uploadDays')}
        onChange={(uploadDays) => change({ uploadDays })}
      />
      <Switch
        id="life-enabled"
        label={say('storage.life.enabled')}
        isChecked={draft.enabled}
        onChange={(_event, enabled) => change({ enabled })}
      />
      {draft.id !== '' && wrong.has('nothing') && (
        <Alert component="p" variant="info" isInline isPlain title={say('storage.life.nothing')} />
      )}
    </Ask>
  );
}

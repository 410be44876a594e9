/** Makes one thing of a backup again: under another name, or in place, where all that came since is lost. */
import { Alert, Radio } from '@patternfly/react-core';
import { useState } from 'react';
import type { Item } from '../../../../src/services/backup/run/backup.ts';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';

/** As a Restore's spec has it. */
export interface Wanted {
  readonly as?: string;
  readonly inPlace?: true;
}

export interface RestoreDialogProps {
  readonly item: Item;
  onRestore(wanted: Wanted): Promise<unknown>;
  onClose(): void;
}

export function RestoreDialog({ item: { kind, name }, onRestore, onClose }: RestoreDialogProps) {
  const { say } = useTexts();
  const [isInPlace, setInPlace] = useState(false);
  const [as, setAs] = useState(`${name}-restored`);
  return (
    <Ask
      title={say('storage.backup.restore.title', { kind: say(`storage.kind.${kind}`), name })}
      confirm={isInPlace ? say('storage.backup.restore.inPlace') : say('storage.backup.restore')}
      isDanger={isInPlace}
      isIncomplete={!isInPlace && as === ''}
      onConfirm={() => onRestore(isInPlace ? { inPlace: true } : { as })}
      onClose={onClose}
    >
      <Radio
        id="restore-new"
        name="restore-where"
        isChecked={!isInPlace}
        label={say('storage.backup.restore.new')}
        description={say('storage.backup.restore.lead')}
        onChange={() => setInPlace(false)}
      />
      <Radio
        id="restore-in-place"
        name="restore-where"
        isChecked={isInPlace}
        label={say('storage.backup.restore.inPlace')}
        description={say(`storage.backup.restore.inPlace.${kind}`)}
        onChange={() => setInPlace(true)}
      />
      {isInPlace ? (
        <Alert
          component="p"
          variant="warning"
          isInline
          title={say('storage.backup.restore.inPlace.lost', { name })}
        />
      ) : (
        <TextField
          id="restore-as"
          label={say('storage.backup.restore.as')}
          hint={say('storage.backup.restore.as.hint')}
          value={as}
          isRequired
          onChange={setAs}
        />
      )}
    </Ask>
  );
}

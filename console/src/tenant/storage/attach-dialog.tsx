/** Gives a volume to an instance of its project, at a path. */
import { Checkbox, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useState } from 'react';
import type { VolumeSpec } from '../../../../src/services/storage/volume.ts';
import { type ApiObject, useLiveList } from '../../api/live-list.ts';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { useAttachment } from './attachment.ts';

/** In the list; others are given it by their own spec. */
const INSTANCES_MAX = 1_000;

export interface AttachDialogProps {
  readonly volume: ApiObject;
  onClose(): void;
}

export function AttachDialog({ volume, onClose }: AttachDialogProps) {
  const { say } = useTexts();
  const { name, namespace: project } = volume.metadata;
  const { type } = volume.spec as VolumeSpec;
  const isBlock = type === 'block';
  const { instances, attach } = useAttachment(volume);
  const { rows } = useLiveList(instances, { project });
  const [chosen, setChosen] = useState('');
  const [path, setPath] = useState(`/srv/${name}`);
  const [isReadOnly, setReadOnly] = useState(false);
  const names = rows
    .map(({ object }) => object)
    .filter(({ spec }) => !isBlock || spec?.type === 'virtual-machine')
    .map(({ metadata }) => metadata.name)
    .toSorted()
    .slice(0, INSTANCES_MAX);
  const instance = chosen === '' ? (names[0] ?? '') : chosen;
  const isWrong = !isBlock && !path.startsWith('/');
  return (
    <Ask
      title={say('storage.volume.attach')}
      lead={names.length === 0 ? say('storage.volume.attach.none') : say('storage.volume.attach.lead')}
      confirm={say('storage.volume.attach')}
      isIncomplete={instance === '' || isWrong}
      onConfirm={() =>
        attach(instance, {
          ...(isBlock ? {} : { path }),
          ...(isReadOnly ? { readOnly: true } : {}),
        })
      }
      onClose={onClose}
    >
      <FormGroup label={say('storage.volume.instance')} fieldId="attach-instance" isRequired>
        <FormSelect id="attach-instance" value={instance} onChange={(_event, value) => setChosen(value)}>
          {names.map((one) => (
            <FormSelectOption key={one} value={one} label={one} />
          ))}
        </FormSelect>
      </FormGroup>
      {!isBlock && (
        <TextField
          id="attach-path"
          label={say('storage.volume.path')}
          hint={say('storage.volume.path.hint')}
          value={path}
          isRequired
          isWrong={isWrong}
          onChange={setPath}
        />
      )}
      <Checkbox
        id="attach-read-only"
        label={say('storage.volume.readOnly')}
        isChecked={isReadOnly}
        onChange={(_event, isChecked) => setReadOnly(isChecked)}
      />
    </Ask>
  );
}

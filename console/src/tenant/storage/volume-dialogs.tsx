/** What can be done with a volume and its snapshots, each with what it means. */
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { VolumeSnapshotStatus } from '../../../../src/services/storage/snapshot.ts';
import type { VolumeSpec, VolumeStatus } from '../../../../src/services/storage/volume.ts';
import { ask } from '../../api/client.ts';
import { pathOf, type Resource } from '../../api/discovery.ts';
import type { ApiObject } from '../../api/live-list.ts';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { useAttachment } from './attachment.ts';
import { changeSpec, KINDS, makeObject } from './kinds.ts';
import { isQuantity, isSmaller } from './quantity.ts';

interface Closing {
  onClose(): void;
}

interface OfVolume extends Closing {
  readonly resource: Resource;
  readonly volume: ApiObject;
}

interface OfSnapshot extends OfVolume {
  readonly snapshot: ApiObject;
}

export function ResizeDialog({ resource, volume, onClose }: OfVolume) {
  const { say } = useTexts();
  const now = String((volume.spec as VolumeSpec).size);
  const [size, setSize] = useState(now);
  const isWrong = !isQuantity(size) || isSmaller(size, now);
  return (
    <Ask
      title={say('storage.volume.resize')}
      lead={say('storage.volume.resize.lead')}
      confirm={say('storage.volume.resize')}
      isIncomplete={isWrong || size === now}
      onConfirm={() => changeSpec(resource, volume, { size })}
      onClose={onClose}
    >
      <TextField
        id="volume-size"
        label={say('storage.volume.size.new')}
        hint={say('storage.volume.size.hint', { size: now })}
        value={size}
        isRequired
        isWrong={isWrong}
        onChange={setSize}
      />
    </Ask>
  );
}

export function SnapshotDialog({ resource, volume, onClose }: OfVolume) {
  const { say } = useTexts();
  const { name: volumeName, namespace: project } = volume.metadata;
  const [name, setName] = useState(
    `${volumeName}-${new Date().toISOString().slice(0, 16).replaceAll(/[T:]/g, '-')}`,
  );
  return (
    <Ask
      title={say('storage.volume.snapshot')}
      lead={say('storage.volume.snapshot.lead')}
      confirm={say('storage.volume.snapshot')}
      isIncomplete={name === ''}
      onConfirm={() => makeObject(resource, { project, name, spec: { volume: volumeName } })}
      onClose={onClose}
    >
      <TextField id="snapshot-name" label={say('storage.name')} value={name} isRequired onChange={setName} />
    </Ask>
  );
}

export function PutBackDialog({ resource, volume, snapshot, onClose }: OfSnapshot) {
  const { say } = useTexts();
  const from = snapshot.metadata.name;
  const putBack = async () => {
    // The same once more takes that it is taken out first.
    if ((volume.status as Partial<VolumeStatus> | undefined)?.restoredFrom === from)
      await changeSpec(resource, volume, { restoreFrom: null });
    await changeSpec(resource, volume, { restoreFrom: from });
  };
  return (
    <Ask
      title={say('storage.volume.putBack.title', { volume: volume.metadata.name, snapshot: from })}
      lead={say('storage.volume.putBack.lead')}
      confirm={say('storage.volume.putBack')}
      isDanger
      onConfirm={putBack}
      onClose={onClose}
    />
  );
}

/** Of a snapshot, or of the volume as it is now. Shows what it makes. */
export function CopyDialog({
  resource,
  volume,
  snapshot,
  onClose,
}: OfVolume & { readonly snapshot?: ApiObject }) {
  const { say } = useTexts();
  const navigate = useNavigate();
  const { namespace: project, name: of } = volume.metadata;
  const { type, size: wanted } = volume.spec as VolumeSpec;
  const { size = wanted } = (snapshot?.status ?? {}) as Partial<VolumeSnapshotStatus>;
  const [name, setName] = useState(`${of}-copy`);
  const source = snapshot === undefined ? { volume: of } : { snapshot: snapshot.metadata.name };
  return (
    <Ask
      title={say('storage.volume.copy')}
      lead={say(snapshot === undefined ? 'storage.volume.copyNow.lead' : 'storage.volume.copy.lead', {
        size,
      })}
      confirm={say(snapshot === undefined ? 'storage.volume.copyNow' : 'storage.volume.copy')}
      isIncomplete={name === ''}
      onConfirm={async () => {
        await makeObject(resource, { project, name, spec: { type, size, source } });
        await navigate({
          to: `/resources/${KINDS.volumes}/${project}/${encodeURIComponent(name)}`,
          search: { tab: 'use' } as never,
        });
      }}
      onClose={onClose}
    >
      <TextField id="copy-name" label={say('storage.name')} value={name} isRequired onChange={setName} />
    </Ask>
  );
}

export function RemoveSnapshotDialog({
  resource,
  snapshot,
  onClose,
}: Closing & Pick<OfSnapshot, 'resource' | 'snapshot'>) {
  const { say } = useTexts();
  const { namespace, name, uid } = snapshot.metadata;
  return (
    <Ask
      title={say('storage.volume.snapshot.remove', { name })}
      lead={say('storage.volume.snapshot.remove.lead')}
      confirm={say('list.delete.confirm')}
      isDanger
      onConfirm={() =>
        ask(pathOf(resource, namespace, name), { method: 'DELETE', body: { preconditions: { uid } } })
      }
      onClose={onClose}
    />
  );
}

export function DetachDialog({
  volume,
  instance,
  onClose,
}: Closing & { readonly volume: ApiObject; readonly instance: string }) {
  const { say } = useTexts();
  const { detach } = useAttachment(volume);
  return (
    <Ask
      title={say('storage.volume.detach.title', { volume: volume.metadata.name, instance })}
      lead={say('storage.volume.detach.lead')}
      confirm={say('storage.volume.detach')}
      isDanger
      onConfirm={() => detach(instance)}
      onClose={onClose}
    />
  );
}

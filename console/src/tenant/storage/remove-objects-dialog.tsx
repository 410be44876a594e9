/** Asks before objects are removed; says what is lost, which depends on whether the bucket keeps versions, and what was refused. */
import {
  Alert,
  Button,
  Content,
  List,
  ListItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from '@patternfly/react-core';
import { useState } from 'react';
import type { ApiObject } from '../../api/live-list.ts';
import { useTexts } from '../../texts/texts.ts';
import { bucketSpecOf } from './bucket.ts';
import { shownName } from './keys.ts';
import { askObjects } from './objects-client.ts';
import { refusalText } from './refusal.ts';

const NAMED_MAX = 10;
/** Requests on their way at once. */
const AT_ONCE_MAX = 4;

export interface RemoveObjectsDialogProps {
  readonly bucket: ApiObject;
  readonly keys: readonly string[];
  /** Whether any of them is gone. */
  onDone(isRemoved: boolean): void;
}

export function RemoveObjectsDialog({ bucket, keys, onDone }: RemoveObjectsDialogProps) {
  const { say } = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [isSomeGone, setSomeGone] = useState(false);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const { name } = bucket.metadata;
  const keepsVersions = bucketSpecOf(bucket).versioning === 'enabled';
  const remove = async () => {
    setBusy(true);
    const failed: string[] = [];
    const left = [...keys].reverse();
    const work = async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) {
        const at = key;
        await askObjects(name, { method: 'DELETE', key }).catch((error: unknown) =>
          failed.push(say('pair', { name: shownName(at), value: refusalText(error, say) })),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, work));
    setBusy(false);
    if (failed.length === 0) return onDone(true);
    setProblems(failed);
    setSomeGone(failed.length < keys.length);
  };
  const lost = keepsVersions ? say('storage.remove.hides') : say('storage.remove.body');
  return (
    <Modal isOpen variant="small" onClose={() => onDone(isSomeGone)} aria-labelledby="remove-title">
      <ModalHeader
        title={say('storage.remove.title', { count: keys.length, name: shownName(keys[0] ?? '') })}
        labelId="remove-title"
        titleIconVariant="warning"
      />
      <ModalBody>
        <Content component="p">{lost}</Content>
        <List>
          {keys.slice(0, NAMED_MAX).map((key) => (
            <ListItem key={key} className="casemate-name">
              {shownName(key)}
            </ListItem>
          ))}
          {keys.length > NAMED_MAX && <ListItem>…</ListItem>}
        </List>
        {problems.slice(0, NAMED_MAX).map((problem) => (
          <Alert component="p" key={problem} variant="danger" isInline title={problem} />
        ))}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={isBusy} isDisabled={isBusy} onClick={() => void remove()}>
          {keepsVersions ? say('storage.remove') : say('list.delete.confirm')}
        </Button>
        <Button variant="link" onClick={() => onDone(isSomeGone)}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

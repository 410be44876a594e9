/** Asks before something is deleted, and says what is lost. */
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
import { ask } from '../api/client.ts';
import { pathOf, type Resource } from '../api/discovery.ts';
import type { ApiObject } from '../api/live-list.ts';
import { problemText } from '../shell/problem.tsx';
import type { TextId } from '../texts/en.ts';
import { useTexts } from '../texts/texts.ts';

const NAMED_MAX = 10;

/** What goes with it, of kinds that hold what people care for. */
const LOST: Readonly<Record<string, TextId>> = {
  namespaces: 'list.lost.namespaces',
  instances: 'list.lost.instances',
  volumes: 'list.lost.volumes',
};

export interface DeleteDialogProps {
  readonly resource: Resource;
  readonly objects: readonly ApiObject[];
  onDone(): void;
}

export function DeleteDialog({ resource, objects, onDone }: DeleteDialogProps) {
  const { say, words } = useTexts();
  const [problems, setProblems] = useState<readonly string[]>([]);
  /** While it is at it. */
  const [progress, setProgress] = useState<{ readonly done: number; readonly count: number }>();
  const first = objects[0]?.metadata.name ?? '';
  const remove = async () => {
    const count = objects.length;
    setProblems([]);
    setProgress({ done: 0, count });
    const failed: string[] = [];
    // One after the other: what one takes with it another need not find any more.
    for (const [done, { metadata }] of objects.entries()) {
      const path = pathOf(resource, metadata.namespace, metadata.name);
      const body = { preconditions: { uid: metadata.uid } };
      await ask(path, { method: 'DELETE', body }).catch((error) =>
        failed.push(say('pair', { name: metadata.name, value: problemText(error, say) })),
      );
      setProgress({ done: done + 1, count });
    }
    setProgress(undefined);
    if (failed.length === 0) onDone();
    else setProblems(failed);
  };
  return (
    <Modal isOpen variant="small" onClose={onDone} aria-labelledby="delete-title">
      <ModalHeader
        title={say('list.delete.title', { ...words(resource), count: objects.length, name: first })}
        labelId="delete-title"
        titleIconVariant="warning"
      />
      <ModalBody>
        <Content component="p">{say('list.delete.body')}</Content>
        {Object.hasOwn(LOST, resource.plural) && (
          <Content component="p">
            <strong>{say(LOST[resource.plural] ?? 'list.delete.body')}</strong>
          </Content>
        )}
        <List>
          {objects.slice(0, NAMED_MAX).map(({ metadata }) => (
            <ListItem key={metadata.uid}>
              {metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`}
            </ListItem>
          ))}
          {objects.length > NAMED_MAX && <ListItem>…</ListItem>}
        </List>
        {problems.length > 0 && (
          <Alert
            variant="danger"
            component="h2"
            isInline
            isLiveRegion
            title={say('list.delete.some', { count: problems.length })}
          >
            <List isPlain>
              {problems.slice(0, NAMED_MAX).map((problem) => (
                <ListItem key={problem}>{problem}</ListItem>
              ))}
              {problems.length > NAMED_MAX && <ListItem>…</ListItem>}
            </List>
          </Alert>
        )}
        {progress !== undefined && progress.count > 1 && (
          <Content component="p" aria-live="polite">
            {say('list.delete.progress', progress)}
          </Content>
        )}
      </ModalBody>
      <ModalFooter>
        <Button
          variant="danger"
          isLoading={progress !== undefined}
          isDisabled={progress !== undefined}
          onClick={() => void remove()}
        >
          {say('list.delete.confirm')}
        </Button>
        <Button variant="link" onClick={onDone}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

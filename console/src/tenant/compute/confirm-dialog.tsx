/** Asks before something that loses something, says what, and stays open while it is refused. */
import { Alert, Button, Content, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useState } from 'react';
import { problemText } from '../../shell/problem.tsx';
import { useTexts } from '../../texts/texts.ts';

export interface ConfirmDialogProps {
  readonly title: string;
  /** What is lost. */
  readonly body: string;
  readonly confirm: string;
  act(): Promise<unknown>;
  onDone(): void;
}

export function ConfirmDialog({ title, body, confirm, act, onDone }: ConfirmDialogProps) {
  const { say } = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    try {
      await act();
      onDone();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Modal isOpen variant="small" onClose={onDone} aria-labelledby="confirm-title">
      <ModalHeader title={title} labelId="confirm-title" titleIconVariant="warning" />
      <ModalBody>
        <Content component="p">{body}</Content>
        {error !== undefined && (
          <Alert component="p" isInline variant="danger" title={problemText(error, say)} />
        )}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isLoading={isBusy} isDisabled={isBusy} onClick={() => void run()}>
          {confirm}
        </Button>
        <Button variant="link" onClick={onDone}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

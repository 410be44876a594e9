/** A question with a few fields and one answer: what is to be made or changed, what it means, and why it was refused. */
import { Alert, Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useTexts } from '../../texts/texts.ts';
import { refusalText } from './refusal.ts';

export interface AskProps {
  readonly title: string;
  readonly lead?: string;
  readonly confirm: string;
  /** What is done takes something away. */
  readonly isDanger?: boolean;
  /** Something that is needed is missing or wrong. */
  readonly isIncomplete?: boolean;
  readonly children?: ReactNode;
  /** Throws what was refused; then it stays open and says so. */
  onConfirm(): Promise<unknown>;
  onClose(): void;
}

const TITLE = 'ask-title';
const FORM = 'ask-form';

export function Ask({
  title,
  lead,
  confirm,
  isDanger,
  isIncomplete,
  children,
  onConfirm,
  onClose,
}: AskProps) {
  const { say } = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const submit = async () => {
    if (isIncomplete === true || isBusy) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(refusalText(error, say));
      setBusy(false);
    }
  };
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby={TITLE}>
      <ModalHeader
        title={title}
        labelId={TITLE}
        {...(lead === undefined ? {} : { description: lead })}
        {...(isDanger === true ? { titleIconVariant: 'warning' as const } : {})}
      />
      <ModalBody>
        <Form
          id={FORM}
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          {children}
        </Form>
        {problem !== '' && <Alert component="p" variant="danger" isInline isLiveRegion title={problem} />}
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form={FORM}
          variant={isDanger === true ? 'danger' : 'primary'}
          isLoading={isBusy}
          isDisabled={isBusy || isIncomplete === true}
        >
          {confirm}
        </Button>
        <Button variant="link" onClick={onClose}>
          {say('cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

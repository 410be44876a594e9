/** Asks before a page is left with what nobody has sent yet. */
import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useBlocker } from '@tanstack/react-router';
import { useTexts } from '../texts/texts.ts';

/** `isUnsaved` is asked at the moment of leaving. */
export function LeaveGuard({ isUnsaved }: { isUnsaved(): boolean }) {
  const { say } = useTexts();
  const blocker = useBlocker({ shouldBlockFn: isUnsaved, enableBeforeUnload: isUnsaved, withResolver: true });
  if (blocker.status !== 'blocked') return null;
  return (
    <Modal
      isOpen
      variant="small"
      onClose={blocker.reset}
      aria-labelledby="leave-title"
      aria-describedby="leave-body"
    >
      <ModalHeader title={say('forms.leave.title')} labelId="leave-title" titleIconVariant="warning" />
      <ModalBody id="leave-body">{say('forms.leave.body')}</ModalBody>
      <ModalFooter>
        <Button onClick={blocker.reset}>{say('forms.leave.stay')}</Button>
        <Button variant="link" isDanger onClick={blocker.proceed}>
          {say('forms.leave.go')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** See `./core.ts`. PatternFly's own button to close cannot be told what to say, so the dialog has one of ours. */
import { Button, type ModalProps, Modal as Plain } from '@patternfly/react-core';
import { TimesIcon } from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { useTexts } from '../../texts/texts.ts';

export function Modal({ onClose, onEscapePress, children, ref: _, ...props }: ModalProps) {
  const { say } = useTexts();
  if (onClose === undefined) return <Plain {...props}>{children}</Plain>;
  return (
    <Plain {...props} onEscapePress={onEscapePress ?? onClose}>
      <div className="pf-v6-c-modal-box__close">
        <Button
          variant="plain"
          aria-label={say('close')}
          icon={<TimesIcon />}
          onClick={(event) => onClose(event)}
        />
      </div>
      {children}
    </Plain>
  );
}

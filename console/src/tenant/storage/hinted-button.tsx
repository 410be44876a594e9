/** A button that says why it cannot be used now. */
import { Button, type ButtonProps, Tooltip } from '@patternfly/react-core';

export interface HintedButtonProps
  extends Pick<ButtonProps, 'variant' | 'isDanger' | 'onClick' | 'children'> {
  /** Undefined: it can be used. */
  readonly why: string | undefined;
}

export function HintedButton({ why, ...button }: HintedButtonProps) {
  return (
    <Tooltip content={why ?? ''} trigger={why === undefined ? 'manual' : 'mouseenter focus'}>
      <Button {...button} isAriaDisabled={why !== undefined} />
    </Tooltip>
  );
}

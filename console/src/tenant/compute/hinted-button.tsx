/** A button that, where it cannot be pressed, says why. */
import { Button, type ButtonProps, Tooltip } from '@patternfly/react-core';

export interface HintedButtonProps
  extends Pick<ButtonProps, 'variant' | 'type' | 'onClick' | 'isLoading' | 'children'> {
  readonly whyNot: string | undefined;
}

export function HintedButton({ whyNot, children, ...button }: HintedButtonProps) {
  const shown = (
    <Button {...button} isAriaDisabled={whyNot !== undefined}>
      {children}
    </Button>
  );
  return whyNot === undefined ? shown : <Tooltip content={whyNot}>{shown}</Tooltip>;
}

/** A button that is a link to a page of this console. */
import { Button, type ButtonProps } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';

export interface LinkButtonProps extends Pick<ButtonProps, 'variant' | 'children' | 'isInline'> {
  /** Below the console: `/bring-in`. */
  readonly to: string;
  /** The tab of that page, where it is not the first. */
  readonly tab?: string | undefined;
}

export function LinkButton({ to, tab, ...props }: LinkButtonProps) {
  return (
    <Button {...props} component={(own: object) => <Link {...own} to={to} search={{ tab } as never} />} />
  );
}

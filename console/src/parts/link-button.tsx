/** A button that is a link to a page of this console. */
import { Button, type ButtonProps } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';

export interface LinkButtonProps extends Pick<ButtonProps, 'variant' | 'children' | 'isInline'> {
  /** Below the console: `/bring-in`. */
  readonly to: string;
}

export function LinkButton({ to, ...props }: LinkButtonProps) {
  return <Button {...props} component={(own: object) => <Link {...own} to={to} />} />;
}

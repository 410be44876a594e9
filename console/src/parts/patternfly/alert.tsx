/** See `./core.ts`. */
import { Alert as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function Alert(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain variantLabel={say('pf.alert', { variant: props.variant ?? 'custom' })} {...props} />;
}

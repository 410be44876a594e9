/** See `./core.ts`. */
import { HelperTextItem as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function HelperTextItem(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain screenReaderText={say('pf.status', { variant: props.variant ?? 'default' })} {...props} />;
}

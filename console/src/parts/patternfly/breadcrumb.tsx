/** See `./core.ts`. */
import { Breadcrumb as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function Breadcrumb(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain aria-label={say('app.breadcrumb')} {...props} />;
}

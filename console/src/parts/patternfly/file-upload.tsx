/** See `./core.ts`. */
import { FileUpload as Plain } from '@patternfly/react-core';
import type { ComponentProps } from 'react';
import { useTexts } from '../../texts/texts.ts';

export function FileUpload(props: ComponentProps<typeof Plain>) {
  const { say } = useTexts();
  return <Plain browseButtonText={say('pf.browse')} clearButtonText={say('pf.clear')} {...props} />;
}

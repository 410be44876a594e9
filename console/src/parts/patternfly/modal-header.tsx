/** See `./core.ts`. A sign before the title is read aloud, too. */
import { type ModalHeaderProps, ModalHeader as Plain } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';

export function ModalHeader(props: ModalHeaderProps) {
  const { say } = useTexts();
  const { titleIconVariant: variant } = props;
  const sign = typeof variant === 'string' ? { titleScreenReaderText: say('pf.alert', { variant }) } : {};
  return <Plain {...sign} {...props} />;
}

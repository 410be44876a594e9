/** What a new instance starts from: an image, or the snapshot that whoever came here had chosen. */
import { Alert } from '@patternfly/react-core';
import { useTexts } from '../../../texts/texts.ts';
import { Choice } from '../choice.tsx';
import type { FieldsProps, ImageSpec } from './use-new-instance.ts';

export function SourceField({ draft: { said, change, disk = '' }, offered, wrong }: FieldsProps) {
  const { say } = useTexts();
  const { images, snapshot } = offered;
  if (snapshot !== undefined)
    return (
      <Alert
        component="p"
        isInline
        variant={wrong.image === undefined ? 'info' : 'danger'}
        title={wrong.image ?? say('compute.create.fromSnapshot', { snapshot, disk })}
      />
    );
  return (
    <Choice
      id="create-image"
      label={say('compute.create.image')}
      help={say('compute.create.image.help')}
      value={said.image}
      options={images.map(({ metadata, spec }) => ({
        value: metadata.name,
        label: (spec as unknown as ImageSpec).displayName ?? metadata.name,
      }))}
      onChange={(image) => change({ image })}
      problem={wrong.image}
    />
  );
}

/** Tags of an object, or of one version of it: shown, and changed all at once. */
import { Button, Content, Label, LabelGroup, Title } from '@patternfly/react-core';
import { useState } from 'react';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { type Tag, taggingXml } from './document.ts';
import { type OneVersion, versionQuery } from './object-queries.ts';
import { askObjects } from './objects-client.ts';
import { type Pair, PairsField, pairsOf } from './pairs-field.tsx';

/** S3's own. */
const TAGS_MAX = 10;
const NAME_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;
const LETTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export interface TagsPanelProps {
  readonly of: OneVersion;
  /** Undefined until they are known. */
  readonly tags: readonly Tag[] | undefined;
  onChanged(): void;
}

export function TagsPanel({ of, tags, onChanged }: TagsPanelProps) {
  const { say } = useTexts();
  const [isEditing, setEditing] = useState(false);
  return (
    <section aria-labelledby="tags-title" className="casemate-parts">
      <div className="casemate-actions">
        <Title headingLevel="h3" id="tags-title">
          {say('storage.tags')}
        </Title>
        <Button
          variant="link"
          isInline
          isDisabled={tags === undefined}
          aria-label={say('storage.tags.edit')}
          onClick={() => setEditing(true)}
        >
          {say('storage.edit')}
        </Button>
      </div>
      {tags?.length === 0 ? (
        <Content component="p">{say('storage.tags.none')}</Content>
      ) : (
        <LabelGroup aria-label={say('storage.tags')} numLabels={TAGS_MAX}>
          {tags?.map(({ key, value }) => (
            <Label key={key}>{`${key}=${value}`}</Label>
          ))}
        </LabelGroup>
      )}
      {isEditing && tags !== undefined && (
        <EditTags of={of} tags={tags} onChanged={onChanged} onClose={() => setEditing(false)} />
      )}
    </section>
  );
}

interface EditTagsProps extends TagsPanelProps {
  readonly tags: readonly Tag[];
  onClose(): void;
}

function EditTags({ of, tags, onChanged, onClose }: EditTagsProps) {
  const { say } = useTexts();
  const { bucket, objectKey: key, version } = of;
  const [pairs, setPairs] = useState<readonly Pair[]>(() => pairsOf(tags));
  const isWrong = ({ row, key: name, value }: Pair) =>
    name === '' ||
    name.length > NAME_LENGTH_MAX ||
    value.length > VALUE_LENGTH_MAX ||
    !LETTERS.test(name + value) ||
    pairs.some((other) => other.row !== row && other.key === name);
  const save = async () => {
    await askObjects(bucket.metadata.name, {
      method: 'PUT',
      key,
      query: { tagging: '', ...versionQuery(version) },
      body: taggingXml(pairs),
    });
    onChanged();
  };
  return (
    <Ask
      title={say('storage.tags.edit')}
      lead={say('storage.tags.lead', { count: TAGS_MAX })}
      confirm={say('save')}
      isIncomplete={pairs.some(isWrong)}
      onConfirm={save}
      onClose={onClose}
    >
      <PairsField
        label={say('storage.tags')}
        pairs={pairs}
        count_max={TAGS_MAX}
        isWrong={isWrong}
        onChange={setPairs}
      />
    </Ask>
  );
}

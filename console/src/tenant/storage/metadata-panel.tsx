/** The type of an object, and names and values of the person's own. S3 changes them by writing the object anew: where versions are kept, that is a new one. */
import {
  Button,
  Content,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Title,
} from '@patternfly/react-core';
import { useState } from 'react';
import { TextField } from '../../parts/text-field.tsx';
import { useTexts } from '../../texts/texts.ts';
import { Ask } from './ask.tsx';
import { encodedKey } from './keys.ts';
import { META, type ObjectHead } from './object-head.ts';
import type { OneVersion } from './object-queries.ts';
import { askObjects } from './objects-client.ts';
import { type Pair, PairsField, pairsOf } from './pairs-field.tsx';

const PAIRS_MAX = 64;
/** Of a header's name; and what S3's clients agree on in its value. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/;

export interface MetadataPanelProps {
  readonly of: OneVersion;
  readonly head: ObjectHead;
  onChanged(): void;
}

export function MetadataPanel({ of, head, onChanged }: MetadataPanelProps) {
  const { say } = useTexts();
  const [isEditing, setEditing] = useState(false);
  return (
    <section aria-labelledby="metadata-title" className="casemate-parts">
      <div className="casemate-actions">
        <Title headingLevel="h3" id="metadata-title">
          {say('storage.metadata')}
        </Title>
        {of.version === undefined && (
          <Button
            variant="link"
            isInline
            aria-label={say('storage.metadata.edit')}
            onClick={() => setEditing(true)}
          >
            {say('storage.edit')}
          </Button>
        )}
      </div>
      {head.metadata.length === 0 ? (
        <Content component="p">{say('storage.metadata.none')}</Content>
      ) : (
        <DescriptionList isHorizontal isCompact>
          {head.metadata.map(({ key, value }) => (
            <DescriptionListGroup key={key}>
              <DescriptionListTerm>{`${META}${key}`}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      )}
      {isEditing && (
        <EditMetadata of={of} head={head} onChanged={onChanged} onClose={() => setEditing(false)} />
      )}
    </section>
  );
}

function EditMetadata({ of, head, onChanged, onClose }: MetadataPanelProps & { onClose(): void }) {
  const { say } = useTexts();
  const { objectKey: key } = of;
  const { name: bucket } = of.bucket.metadata;
  const [type, setType] = useState(head.type);
  const [pairs, setPairs] = useState<readonly Pair[]>(() => pairsOf(head.metadata));
  const isWrong = ({ row, key: name, value }: Pair) =>
    !NAME.test(name.toLowerCase()) ||
    !PRINTABLE.test(value) ||
    pairs.some((other) => other.row !== row && other.key.toLowerCase() === name.toLowerCase());
  const save = async () => {
    await askObjects(bucket, {
      method: 'PUT',
      key,
      headers: {
        ...head.headers,
        'Content-Type': type,
        'x-amz-copy-source': `/${bucket}/${encodedKey(key)}`,
        // What somebody else wrote meanwhile is not taken for this.
        'x-amz-copy-source-if-match': `"${head.etag}"`,
        'x-amz-metadata-directive': 'REPLACE',
        ...Object.fromEntries(pairs.map((pair) => [`${META}${pair.key.toLowerCase()}`, pair.value])),
      },
    });
    onChanged();
  };
  return (
    <Ask
      title={say('storage.metadata.edit')}
      lead={say('storage.metadata.lead')}
      confirm={say('save')}
      isIncomplete={pairs.some(isWrong) || !TYPE.test(type)}
      onConfirm={save}
      onClose={onClose}
    >
      <TextField
        id="metadata-type"
        label={say('storage.type')}
        hint={say('storage.metadata.type.hint')}
        value={type}
        isRequired
        isWrong={!TYPE.test(type)}
        onChange={setType}
      />
      <PairsField
        label={say('storage.metadata')}
        pairs={pairs}
        count_max={PAIRS_MAX}
        isWrong={isWrong}
        onChange={setPairs}
      />
    </Ask>
  );
}

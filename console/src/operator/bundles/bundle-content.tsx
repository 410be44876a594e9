/** What is in a bundle, by its own word and that of its signers. */
import { Alert, Label, LabelGroup, List, ListItem } from '@patternfly/react-core';
import type { ImportStatus } from '../../../../src/gap/import/import-kind.ts';
import { RegionSays } from '../../parts/region-says.tsx';
import { bytesText, Fact, Facts, When } from '../../parts/shown.tsx';
import { useTexts } from '../../texts/texts.ts';

export interface BundleContentProps {
  readonly bundle: NonNullable<ImportStatus['bundle']>;
  readonly status: Partial<ImportStatus>;
}

export function BundleContent({ bundle: known, status }: BundleContentProps) {
  const { say, language } = useTexts();
  return (
    <>
      <Facts>
        <Fact term={say('operator.content.made')}>
          <When at={known.created} /> {say('operator.content.age', { days: known.ageDays })}
        </Fact>
        <Fact term={say('operator.content.signers')}>
          {say('operator.content.signers.count', {
            names: known.signers.join(', '),
            threshold: known.threshold,
            root: known.root,
          })}
        </Fact>
        <Fact term={say('operator.content.digest')}>
          <code>{known.digest}</code>
        </Fact>
        <Fact term={say('operator.column.by')}>{status.requestedBy}</Fact>
        {status.content !== undefined && (
          <Fact term={say('operator.content.size')}>
            {say('operator.content.size.of', {
              bytes: bytesText(status.content.bytes, language),
              added: bytesText(status.content.added, language),
            })}
          </Fact>
        )}
        {status.publishedAt !== undefined && (
          <Fact term={say('operator.content.published')}>
            <When at={status.publishedAt} />
          </Fact>
        )}
        {status.retiredAt !== undefined && (
          <Fact term={say('operator.content.retired')}>
            <When at={status.retiredAt} />{' '}
            {say('operator.content.freed', { bytes: bytesText(status.freed ?? 0, language) })}
          </Fact>
        )}
        <Fact term={say('operator.content.items', { count: known.itemCount })}>
          <LabelGroup aria-label={say('operator.content.items', { count: known.itemCount })}>
            {known.items.map((item) => (
              <Label key={item} variant="outline">
                {item}
              </Label>
            ))}
          </LabelGroup>
        </Fact>
      </Facts>
      {known.remarks.length > 0 && (
        <Alert component="p" variant="info" isInline title={say('operator.content.remarks')}>
          <List>
            {known.remarks.map((remark) => (
              <ListItem key={remark}>
                <RegionSays>{remark}</RegionSays>
              </ListItem>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}

/** What is on one page of a folder: folders, and objects that can be chosen, looked at, fetched and removed. */
import { Button, Checkbox } from '@patternfly/react-core';
import { FileIcon } from '@patternfly/react-icons/dist/esm/icons/file-icon';
import { FolderIcon } from '@patternfly/react-icons/dist/esm/icons/folder-icon';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTexts } from '../../texts/texts.ts';
import type { ListedKey } from './document.ts';
import { nameBelow, shownName } from './keys.ts';
import type { GoTo } from './objects-tab.tsx';
import { RowActions } from './row-actions.tsx';
import { sizeText, timeText } from './units.ts';

export interface ObjectsTableProps {
  readonly prefix: string;
  readonly folders: readonly string[];
  readonly keys: readonly ListedKey[];
  readonly chosen: ReadonlySet<string>;
  readonly goTo: GoTo;
  onChoose(chosen: ReadonlySet<string>): void;
  onFetch(key: string): void;
  onRemove(keys: readonly string[]): void;
}

export function ObjectsTable({ prefix, folders, keys, chosen, goTo, ...on }: ObjectsTableProps) {
  const { say, language } = useTexts();
  const all = keys.map(({ key }) => key);
  const choose = (some: readonly string[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const key of some) isChosen ? next.add(key) : next.delete(key);
    on.onChoose(next);
  };
  return (
    <Table aria-label={say('storage.objects')} variant="compact">
      <Thead>
        <Tr>
          <Th>
            <Checkbox
              id="select-all-objects"
              aria-label={say('list.selectAll')}
              isChecked={all.length > 0 && all.every((key) => chosen.has(key))}
              onChange={(_event, isChosen) => choose(all, isChosen)}
            />
          </Th>
          <Th>{say('storage.name')}</Th>
          <Th>{say('storage.size')}</Th>
          <Th>{say('storage.modified')}</Th>
          <Th screenReaderText={say('storage.actions')} />
        </Tr>
      </Thead>
      <Tbody>
        {folders.map((folder) => (
          <Tr key={folder}>
            <Td />
            <Td dataLabel={say('storage.name')} className="casemate-name">
              <Button variant="link" isInline icon={<FolderIcon />} onClick={() => goTo({ prefix: folder })}>
                {shownName(nameBelow(prefix, folder))}
              </Button>
            </Td>
            <Td dataLabel={say('storage.size')}>–</Td>
            <Td dataLabel={say('storage.modified')}>–</Td>
            <Td />
          </Tr>
        ))}
        {keys.map(({ key, size, modified }, rowIndex) => {
          const name = shownName(nameBelow(prefix, key));
          return (
            <Tr key={key}>
              <Td>
                <Checkbox
                  id={`select-object-${rowIndex}`}
                  aria-label={say('list.select', { name })}
                  isChecked={chosen.has(key)}
                  onChange={(_event, isChosen) => choose([key], isChosen)}
                />
              </Td>
              <Td dataLabel={say('storage.name')} className="casemate-name">
                <Button
                  variant="link"
                  isInline
                  icon={<FileIcon />}
                  onClick={() => goTo({ prefix, object: key })}
                >
                  {name}
                </Button>
              </Td>
              <Td dataLabel={say('storage.size')} modifier="nowrap">
                <span title={`${size}`}>{sizeText(size, language)}</span>
              </Td>
              <Td dataLabel={say('storage.modified')} modifier="nowrap">
                {timeText(modified, language)}
              </Td>
              <Td isActionCell>
                <RowActions
                  name={name}
                  actions={[
                    { title: say('storage.fetch'), onClick: () => on.onFetch(key) },
                    { title: say('storage.details'), onClick: () => goTo({ prefix, object: key }) },
                    { title: say('storage.remove'), isDanger: true, onClick: () => on.onRemove([key]) },
                  ]}
                />
              </Td>
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}

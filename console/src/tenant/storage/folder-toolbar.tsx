/** What can be done in a folder: files and whole folders uploaded, a folder made, what is chosen removed, and names looked for by their beginning. */
import { Button, SearchInput, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { useRef, useState } from 'react';
import { useTexts } from '../../texts/texts.ts';
import type { NamedFile } from './dropped-files.ts';
import { HintedButton } from './hinted-button.tsx';

export interface FolderToolbarProps {
  readonly isAnyChosen: boolean;
  readonly begins: string;
  onFiles(files: readonly NamedFile[]): void;
  onNewFolder(): void;
  onRemove(): void;
  onSearch(begins: string): void;
}

export function FolderToolbar({ isAnyChosen, begins, ...on }: FolderToolbarProps) {
  const { say } = useTexts();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement | null>(null);
  const [typed, setTyped] = useState(begins);
  const take = (input: HTMLInputElement) => {
    // A folder that was picked brings the way to each file.
    on.onFiles(
      [...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file })),
    );
    input.value = '';
  };
  return (
    <>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={say('storage.upload')}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <input
        ref={(input) => {
          // No attribute that React's types know.
          input?.setAttribute('webkitdirectory', '');
          folder.current = input;
        }}
        type="file"
        hidden
        aria-label={say('storage.upload.folder')}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <Toolbar>
        <ToolbarContent alignItems="center">
          <ToolbarItem>
            <Button onClick={() => files.current?.click()}>{say('storage.upload')}</Button>
          </ToolbarItem>
          <ToolbarItem>
            <Button variant="secondary" onClick={() => folder.current?.click()}>
              {say('storage.upload.folder')}
            </Button>
          </ToolbarItem>
          <ToolbarItem>
            <Button variant="secondary" onClick={on.onNewFolder}>
              {say('storage.folder.new')}
            </Button>
          </ToolbarItem>
          <ToolbarItem>
            <HintedButton
              variant="secondary"
              isDanger
              why={isAnyChosen ? undefined : say('storage.remove.none')}
              onClick={on.onRemove}
            >
              {say('storage.remove')}
            </HintedButton>
          </ToolbarItem>
          <ToolbarItem>
            <SearchInput
              aria-label={say('storage.search')}
              placeholder={say('storage.search')}
              value={typed}
              onChange={(_event, text) => setTyped(text)}
              // Not with each letter: each look is on record.
              onSearch={(_event, text) => on.onSearch(text)}
              onClear={() => {
                setTyped('');
                on.onSearch('');
              }}
              submitSearchButtonLabel={say('storage.search.go')}
              resetButtonLabel={say('storage.search.clear')}
            />
          </ToolbarItem>
          <ToolbarItem align={{ default: 'alignEnd' }}>{say('storage.upload.drop')}</ToolbarItem>
        </ToolbarContent>
      </Toolbar>
    </>
  );
}

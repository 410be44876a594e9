/** From page to page of a folder: how many names each has, and on and back. How many pages there are nobody knows before the last. */
import { FormSelect, FormSelectOption, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { useTexts } from '../../texts/texts.ts';
import { PAGE_SIZES } from './folder-listing.ts';
import { HintedButton } from './hinted-button.tsx';

/** Pages that one can go back through. */
const PAGES_MAX = 1_000;

export interface FolderPagesProps {
  readonly count: number;
  /** Where the pages before this one, and this one, begin. */
  readonly tokens: readonly string[];
  readonly next: string | undefined;
  onCount(count: number): void;
  onGo(tokens: readonly string[]): void;
}

export function FolderPages({ count, tokens, next, onCount, onGo }: FolderPagesProps) {
  const { say, language } = useTexts();
  if (tokens.length === 0 && next === undefined && count === PAGE_SIZES[0]) return null;
  const isLast = next === undefined || tokens.length >= PAGES_MAX;
  return (
    <Toolbar>
      <ToolbarContent alignItems="center">
        <ToolbarItem>
          <span role="status">{say('storage.page', { page: tokens.length + 1 })}</span>
        </ToolbarItem>
        <ToolbarItem>
          <HintedButton
            variant="secondary"
            why={tokens.length === 0 ? say('storage.page.first') : undefined}
            onClick={() => onGo(tokens.slice(0, -1))}
          >
            {say('storage.page.before')}
          </HintedButton>
        </ToolbarItem>
        <ToolbarItem>
          <HintedButton
            variant="secondary"
            why={isLast ? say('storage.page.last') : undefined}
            onClick={() => onGo([...tokens, next ?? ''])}
          >
            {say('storage.page.next')}
          </HintedButton>
        </ToolbarItem>
        <ToolbarItem>
          <FormSelect
            aria-label={say('storage.page.count')}
            value={count}
            onChange={(_event, value) => onCount(Number(value))}
          >
            {PAGE_SIZES.map((one) => (
              <FormSelectOption
                key={one}
                value={one}
                label={say('storage.page.size', { count: one.toLocaleString(language) })}
              />
            ))}
          </FormSelect>
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}

/** What can be done with one row of a table, behind three dots that say whose they are. */
import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import { EllipsisVIcon } from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { useState } from 'react';
import { useTexts } from '../../texts/texts.ts';

export interface RowAction {
  readonly title: string;
  readonly isDanger?: boolean;
  /** Why it cannot be done now. */
  readonly why?: string | undefined;
  onClick(): void;
}

export interface RowActionsProps {
  /** Whose. */
  readonly name: string;
  readonly actions: readonly RowAction[];
}

export function RowActions({ name, actions }: RowActionsProps) {
  const { say } = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'right' }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          icon={<EllipsisVIcon />}
          isExpanded={isOpen}
          aria-label={say('storage.actions.of', { name })}
          onClick={() => setOpen(!isOpen)}
        />
      )}
    >
      <DropdownList>
        {actions.flatMap(({ title, isDanger = false, why, onClick }) => [
          ...(isDanger && actions.length > 1 ? [<Divider key={`before ${title}`} component="li" />] : []),
          <DropdownItem
            key={title}
            isDanger={isDanger}
            isAriaDisabled={why !== undefined}
            description={why}
            onClick={onClick}
          >
            {title}
          </DropdownItem>,
        ])}
      </DropdownList>
    </Dropdown>
  );
}

/**
 * The first cell of a row that can be opened, with a button that says in the language of the page what it opens: PatternFly's own says "Details", in
 * English, of every row.
 */
import { Button } from '@patternfly/react-core';
import CaretIcon from '@patternfly/react-icons/dist/esm/icons/rh-microns-caret-down-icon';
import { Td } from '@patternfly/react-table';

export interface ExpandCellProps {
  /** Such as `Details: CVE-2026-1234`. */
  readonly label: string;
  readonly isExpanded: boolean;
  onToggle(): void;
}

export function ExpandCell({ label, isExpanded, onToggle }: ExpandCellProps) {
  return (
    <Td className="pf-v6-c-table__toggle">
      <Button
        variant="plain"
        size="sm"
        aria-label={label}
        aria-expanded={isExpanded}
        className={isExpanded ? 'pf-m-expanded' : ''}
        onClick={onToggle}
        icon={
          <div className="pf-v6-c-table__toggle-icon">
            <CaretIcon />
          </div>
        }
      />
    </Td>
  );
}

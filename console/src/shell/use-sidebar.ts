/** The navigation beside the page: open where there is room, over the page and away again where there is none. */
import { useState } from 'react';

export interface Sidebar {
  readonly isOpen: boolean;
  toggle(): void;
  /** Somebody chose where to go. */
  chosen(): void;
  resized(isNarrow: boolean): void;
}

export function useSidebar(): Sidebar {
  const [isNarrow, setNarrow] = useState(false);
  const [isOpenBeside, setOpenBeside] = useState(true);
  const [isOpenOver, setOpenOver] = useState(false);
  return {
    isOpen: isNarrow ? isOpenOver : isOpenBeside,
    toggle: () => (isNarrow ? setOpenOver(!isOpenOver) : setOpenBeside(!isOpenBeside)),
    chosen: () => setOpenOver(false),
    resized: setNarrow,
  };
}

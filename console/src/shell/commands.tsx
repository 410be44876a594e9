/** The command palette: Ctrl+K (or ⌘K) anywhere, then a few letters of where to go. It is loaded when somebody is about to open it. */
import { Button } from '@patternfly/react-core';
import { SearchIcon } from '@patternfly/react-icons/dist/esm/icons/search-icon';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTexts } from '../texts/texts.ts';
import type { NavSection } from './layout.tsx';

const loadPalette = () => import('./palette.tsx');
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }));

export function Commands({ sections }: { readonly sections: readonly NavSection[] }) {
  const { say } = useTexts();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // It comes while the other finger is still on its way.
      if (event.key === 'Control' || event.key === 'Meta') void loadPalette().catch(() => {});
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <Button
        variant="plain"
        aria-label={say('app.commands')}
        icon={<SearchIcon />}
        onClick={() => setOpen(true)}
      />
      {isOpen && (
        <Suspense fallback={null}>
          <Palette sections={sections} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

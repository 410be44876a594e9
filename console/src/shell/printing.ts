/** Whether the page is being printed: then it shows all that it has, on white. */
import { useSyncExternalStore } from 'react';

export const printing = matchMedia('print');

function subscribe(listener: () => void): () => void {
  printing.addEventListener('change', listener);
  return () => printing.removeEventListener('change', listener);
}

export const useIsPrinting = (): boolean => useSyncExternalStore(subscribe, () => printing.matches);

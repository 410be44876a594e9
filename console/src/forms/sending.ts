/** Sends what a form says: once at a time, only when nothing is wrong as far as one knows, and what the API finds wrong is shown at its fields. */
import { useState } from 'react';
import { ApiError } from '../api/client.ts';
import type { Draft } from './draft.ts';

export interface Sending {
  readonly isBusy: boolean;
  /** What the API said against it. */
  readonly refusal: unknown;
  /** `whyNot`: why it cannot be sent at all. */
  send(whyNot: string | undefined, act: () => Promise<void>): Promise<void>;
}

export function useSending(draft: Draft): Sending {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  return {
    isBusy,
    refusal,
    async send(whyNot, act) {
      setRefusal(undefined);
      if (whyNot !== undefined || isBusy || !draft.check()) return;
      setBusy(true);
      try {
        await act();
      } catch (error) {
        // That the session has ended the page itself says.
        if (error instanceof ApiError && error.code === 401) return;
        setRefusal(error);
        if (error instanceof ApiError) draft.refuse(error.status.details?.causes);
      } finally {
        setBusy(false);
      }
    },
  };
}

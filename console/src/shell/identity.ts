import { createContext, use } from 'react';
import type { Identity } from '../session/session.ts';

export const IdentityContext = createContext<Identity>({ name: '', displayName: '', groups: [] });

/** Who is signed in. */
export const useIdentity = (): Identity => use(IdentityContext);

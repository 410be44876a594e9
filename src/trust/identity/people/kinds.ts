/** The kinds of people and what they sign in with. */
import type { Kind } from '#kernel/kind.ts';
import { Credential } from './credential.ts';
import { Group } from './group.ts';
import { Invitation } from './invitation.ts';
import { User } from './user.ts';

export const PEOPLE_KINDS: readonly Kind[] = [User, Group, Credential, Invitation];

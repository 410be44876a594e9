/** What kinds of the group region.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'backup begun at': 'Sauvegarde commencée le',
    'to time': 'Jusqu’au moment',
    'up to': 'Jusqu’à',
  },
  descriptions: {
    'That this region was put back to an earlier state from a backup, and to which. Written by the region when it starts; nobody changes one.':
      'Le fait que cette région a été ramenée à un état antérieur depuis une sauvegarde, et lequel. Écrit par la région quand elle démarre ; personne ne le modifie.',
    'When it was restored (RFC 3339).': 'Quand elle a été restaurée (RFC 3339).',
    'When the backup was begun that it was restored from.':
      'Quand a commencé la sauvegarde dont elle a été restaurée.',
    'Until when changes were to be in it; absent: all that the archive had.':
      'Jusqu’à quand les changements devaient y figurer ; absent : tout ce qu’avait l’archive.',
    'When the last change in it was made. Later ones are gone.':
      'Quand a été fait le dernier changement qu’elle contient. Les suivants sont perdus.',
    'Leaves that the region’s log of changes had then. What anybody holds of a later one is of the life before.':
      'Feuilles qu’avait alors le journal des changements de la région. Ce que quelqu’un détient d’une feuille ultérieure est de la vie d’avant.',
    'Leaves that its log of access had.': 'Feuilles qu’avait son journal d’accès.',
    'When the last change in it was made.': 'Quand a été fait le dernier changement qu’elle contient.',
    'Leaves that were left.': 'Feuilles qui sont restées.',
  },
  values: {},
};

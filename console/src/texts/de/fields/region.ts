/** What kinds of the group region.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'backup begun at': 'Sicherung begonnen am',
    'to time': 'Bis zum Zeitpunkt',
    'up to': 'Bis',
  },
  descriptions: {
    'That this region was put back to an earlier state from a backup, and to which. Written by the region when it starts; nobody changes one.':
      'Dass diese Region aus einer Sicherung auf einen früheren Stand zurückgesetzt wurde, und auf welchen. Von der Region beim Start geschrieben; niemand ändert es.',
    'When it was restored (RFC 3339).': 'Wann sie wiederhergestellt wurde (RFC 3339).',
    'When the backup was begun that it was restored from.':
      'Wann die Sicherung begann, aus der sie wiederhergestellt wurde.',
    'Until when changes were to be in it; absent: all that the archive had.':
      'Bis wann Änderungen darin sein sollten; ohne Angabe: alle, die das Archiv hatte.',
    'When the last change in it was made. Later ones are gone.':
      'Wann die letzte Änderung darin gemacht wurde. Spätere sind verloren.',
    'Leaves that the region’s log of changes had then. What anybody holds of a later one is of the life before.':
      'Blätter, die das Änderungsprotokoll der Region damals hatte. Was jemand von einem späteren hat, stammt aus dem Leben davor.',
    'Leaves that its log of access had.': 'Blätter, die ihr Zugriffsprotokoll hatte.',
    'When the last change in it was made.': 'Wann die letzte Änderung darin gemacht wurde.',
    'Leaves that were left.': 'Blätter, die übrig blieben.',
  },
  values: {},
};

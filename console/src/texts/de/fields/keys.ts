/** What kinds of the group keys.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    algorithm: 'Algorithmus',
    protection: 'Schutz',
    exportable: 'Ausführbar',
    'rotation period days': 'Rotation alle (Tage)',
    'destroy notice days': 'Frist vor Vernichtung (Tage)',
    justifications: 'Begründungen',
    versions: 'Versionen',
    'public key': 'Öffentlicher Schlüssel',
    'destroy at': 'Vernichtung am',
    'destroyed at': 'Vernichtet am',
    primary: 'Primäre',
    hsm: 'HSM',
    provider: 'Anbieter',
    'holds root': 'Hält die Wurzel',
  },
  descriptions: {
    'A cryptographic key that never leaves the region unwrapped: it encrypts, signs, wraps or authenticates for whoever may use it, and every use is on record.':
      'Ein kryptografischer Schlüssel, der die Region nie unverhüllt verlässt: Er verschlüsselt, signiert, umhüllt oder authentisiert für alle, die ihn benutzen dürfen, und jede Benutzung wird protokolliert.',
    'What it may be used for.': 'Wozu er benutzt werden darf.',
    'What it is made of.': 'Woraus er besteht.',
    'hsm: made in a hardware security module and never outside of it.':
      'hsm: in einem Hardware-Sicherheitsmodul erzeugt und nie außerhalb davon.',
    'Whether its material may be exported, wrapped. Never with protection hsm.':
      'Ob sein Material umhüllt ausgeführt werden darf. Nie mit dem Schutz hsm.',
    'A new version is made when the primary one is so old. Default: only when asked.':
      'Eine neue Version entsteht, wenn die primäre so alt ist. Vorgabe: nur auf Verlangen.',
    'How long before a version is destroyed it can be undone.':
      'Wie lange vor der Vernichtung einer Version man sie noch zurücknehmen kann.',
    'Reason codes that uses of the key must give one of. Default: any, or none.':
      'Begründungscodes, von denen jede Benutzung des Schlüssels einen angeben muss. Vorgabe: beliebig, oder keiner.',
    'PEM.': 'PEM.',
    'When its material will be destroyed.': 'Wann sein Material vernichtet wird.',
    'When its material was gone.': 'Wann sein Material vernichtet war.',
    'The version that is used.': 'Die Version, die benutzt wird.',
    'The version in use.': 'Die benutzte Version.',
    'The organization’s own hardware security module. With root, the organization’s data opens only while it is at hand.':
      'Das eigene Hardware-Sicherheitsmodul der Organisation. Mit root öffnen sich die Daten der Organisation nur, solange es erreichbar ist.',
    'What the operator calls it in region.yaml.': 'Wie der Betreiber es in region.yaml nennt.',
    'Whether the organization’s root key is in it. Changing it moves the root.':
      'Ob der Wurzelschlüssel der Organisation darin ist. Eine Änderung verlegt die Wurzel.',
    'What the HSM says it is; nobody checked.': 'Was das HSM von sich sagt; niemand hat es geprüft.',
    'Whether the root is in it now.': 'Ob die Wurzel jetzt darin ist.',
    'Which.': 'Welches.',
    'Whether the root is in it.': 'Ob die Wurzel darin ist.',
  },
  values: {
    encrypt: 'Verschlüsseln',
    wrap: 'Umhüllen',
    sign: 'Signieren',
    mac: 'Authentisieren (MAC)',
    software: 'Software',
    hsm: 'Hardware-Modul (HSM)',
    Enabled: 'Aktiv',
    Disabled: 'Gesperrt',
    DestroyScheduled: 'Vernichtung geplant',
    Destroyed: 'Vernichtet',
    generated: 'Erzeugt',
    imported: 'Eingeführt',
  },
};

/** What kinds of the group keys.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    algorithm: 'Algorithme',
    protection: 'Protection',
    exportable: 'Exportable',
    'rotation period days': 'Période de rotation (jours)',
    'destroy notice days': 'Préavis de destruction (jours)',
    justifications: 'Justifications',
    versions: 'Versions',
    'public key': 'Clé publique',
    'destroy at': 'Destruction le',
    'destroyed at': 'Détruite le',
    primary: 'Principale',
    hsm: 'HSM',
    provider: 'Fournisseur',
    'holds root': 'Détient la racine',
  },
  descriptions: {
    'A cryptographic key that never leaves the region unwrapped: it encrypts, signs, wraps or authenticates for whoever may use it, and every use is on record.':
      'Une clé cryptographique qui ne quitte jamais la région en clair : elle chiffre, signe, enveloppe ou authentifie pour qui peut l’utiliser, et chaque usage est consigné.',
    'What it may be used for.': 'À quoi elle peut servir.',
    'What it is made of.': 'De quoi elle est faite.',
    'hsm: made in a hardware security module and never outside of it.':
      'hsm : faite dans un module matériel de sécurité et jamais en dehors.',
    'Whether its material may be exported, wrapped. Never with protection hsm.':
      'Si sa matière peut être exportée, enveloppée. Jamais avec la protection hsm.',
    'A new version is made when the primary one is so old. Default: only when asked.':
      'Une nouvelle version est faite quand la principale atteint cet âge. Par défaut : seulement sur demande.',
    'How long before a version is destroyed it can be undone.':
      'Combien de temps avant la destruction d’une version on peut encore revenir en arrière.',
    'Reason codes that uses of the key must give one of. Default: any, or none.':
      'Codes de motif dont tout usage de la clé doit donner un. Par défaut : n’importe lequel, ou aucun.',
    'PEM.': 'PEM.',
    'When its material will be destroyed.': 'Quand sa matière sera détruite.',
    'When its material was gone.': 'Quand sa matière a disparu.',
    'The version that is used.': 'La version utilisée.',
    'The version in use.': 'La version en usage.',
    'The organization’s own hardware security module. With root, the organization’s data opens only while it is at hand.':
      'Le module matériel de sécurité propre à l’organisation. Avec root, les données de l’organisation ne s’ouvrent que tant qu’il est à portée.',
    'What the operator calls it in region.yaml.': 'Comment l’appelle l’opérateur dans region.yaml.',
    'Whether the organization’s root key is in it. Changing it moves the root.':
      'Si la clé racine de l’organisation s’y trouve. Le changer déplace la racine.',
    'What the HSM says it is; nobody checked.': 'Ce que le HSM dit être ; personne ne l’a vérifié.',
    'Whether the root is in it now.': 'Si la racine s’y trouve en ce moment.',
    'Which.': 'Lequel.',
    'Whether the root is in it.': 'Si la racine s’y trouve.',
  },
  values: {
    encrypt: 'Chiffrer',
    wrap: 'Envelopper',
    sign: 'Signer',
    mac: 'Authentifier (MAC)',
    software: 'Logiciel',
    hsm: 'Module matériel (HSM)',
    Enabled: 'Activée',
    Disabled: 'Désactivée',
    DestroyScheduled: 'Destruction prévue',
    Destroyed: 'Détruite',
    generated: 'Générée',
    imported: 'Importée',
  },
};

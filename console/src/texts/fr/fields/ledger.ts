/** What kinds of the group ledger.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'carry out': 'Exécuter',
    erased: 'Effacés',
    'access records days': 'Journal d’accès (jours)',
    'bodies days': 'Anciens états (jours)',
    'change records days': 'Journal des changements (jours)',
    bodies: 'Anciens états',
    url: 'URL',
    keys: 'Clés',
    'certificate authority': 'Autorité de certification',
    logs: 'Journaux',
  },
  descriptions: {
    'Erases what some entries of a log say of persons, or objects as some entries of the changes log recorded them, because it should not be there. Takes two people; the log says that it was done, by whom and why.':
      'Efface ce que certaines entrées d’un journal disent de personnes, ou des objets tels que certaines entrées du journal des changements les ont consignés, parce que cela ne devrait pas s’y trouver. Requiert deux personnes ; le journal dit que cela a été fait, par qui et pourquoi.',
    'What is to be erased: what leaves of the access log or of the changes log say of persons, or the objects that leaves of the changes log recorded, as they were then. An object as it is now is not erased: change or delete it first.':
      'Ce qu’il faut effacer : ce que des feuilles du journal d’accès ou du journal des changements disent de personnes, ou les objets que des feuilles du journal des changements ont consignés, tels qu’ils étaient. Un objet tel qu’il est maintenant n’est pas effacé : modifiez-le ou supprimez-le d’abord.',
    'The first leaf of that log.': 'La première feuille de ce journal.',
    'The last one.': 'La dernière.',
    'Why. It stays in the log for ever: name nobody here.':
      'Pourquoi. Cela reste dans le journal pour toujours : n’y nommez personne.',
    'Set it to have it done, once somebody else has approved (transition "carry-out"). It cannot be undone.':
      'Définissez-le pour l’exécuter, une fois que quelqu’un d’autre a approuvé (transition "carry-out"). Sans retour possible.',
    'How many records or bodies were erased.': 'Combien d’enregistrements ou de corps ont été effacés.',
    'What is erased.': 'Ce qui est effacé.',
    'The first leaf.': 'La première feuille.',
    'The last leaf.': 'La dernière feuille.',
    'How many were erased.': 'Combien ont été effacés.',
    'How long the logs name persons (without a policy for ever), and how long objects are kept as they were before they were changed or deleted (without a policy a year). There is one in a realm, called "access".':
      'Combien de temps les journaux nomment des personnes (sans règle, pour toujours), et combien de temps les objets sont gardés tels qu’ils étaient avant d’être modifiés ou supprimés (sans règle, un an). Il y en a une par domaine, appelée "access".',
    'After so many days, what the access log says of persons is erased. At least a year.':
      'Après tant de jours, ce que le journal d’accès dit de personnes est effacé. Au moins un an.',
    'So many days after an object was changed or deleted, what it was before is dropped; its digest stays. At least 180.':
      'Tant de jours après la modification ou la suppression d’un objet, ce qu’il était est abandonné ; son empreinte reste. Au moins 180.',
    'After so many days, what the changes log says of persons is erased: who made a change, and what the object was called. At least 180. Absent: never.':
      'Après tant de jours, ce que le journal des changements dit de personnes est effacé : qui a fait un changement, et comment s’appelait l’objet. Au moins 180. Absent : jamais.',
    'How long records name persons.': 'Combien de temps les enregistrements nomment des personnes.',
    'For how many days objects are kept as they were.':
      'Pendant combien de jours les objets sont gardés tels qu’ils étaient.',
    'Somebody outside who cosigns what this realm’s logs publish, so that nobody can be shown another history than they were.':
      'Quelqu’un au-dehors qui cosigne ce que publient les journaux de ce domaine, pour que nul ne puisse se voir montrer une autre histoire qu’eux.',
    'Where it answers: the submission prefix of C2SP tlog-witness, such as https://witness.example:7380. The region’s settings have to allow its address.':
      'Où il répond : le préfixe de soumission de C2SP tlog-witness, par exemple https://witness.example:7380. Les réglages de la région doivent permettre son adresse.',
    'Its public keys, as it prints them (casemate witness key): C2SP vkeys of type 4 or 6.':
      'Ses clés publiques, telles qu’il les affiche (casemate witness key) : vkeys C2SP de type 4 ou 6.',
    'PEM of who signed its certificate, when its URL is https and no authority that the region’s machine knows did.':
      'PEM de qui a signé son certificat, quand son URL est en https et qu’aucune autorité connue de la machine de la région ne l’a fait.',
    'Which logs of this realm it cosigns.': 'Quels journaux de ce domaine il cosigne.',
    'Where it answers.': 'Où il répond.',
  },
  values: {
    AccessRecords: 'Journal d’accès',
    ChangeRecords: 'Journal des changements',
    Bodies: 'Anciens états',
    changes: 'Changements',
    access: 'Accès',
  },
};

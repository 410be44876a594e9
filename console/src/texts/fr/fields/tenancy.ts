/** What kinds of the group tenancy.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    hard: 'Limites',
    used: 'Utilisé',
    'first administrator': 'Premier administrateur',
    'realm uid': 'Uid du domaine',
    ledger: 'Registre',
    administrator: 'Administrateur',
  },
  descriptions: {
    'How much a project may hold. A change that would exceed any quota of its project is refused; what is there already stays.':
      'Combien un projet peut contenir. Un changement qui dépasserait un quota de son projet est refusé ; ce qui est déjà là reste.',
    'Limits by resource: instances (instances, running or not), cpu (virtual CPUs of all instances), memory (memory of all instances), storage (disks of all instances, and all volumes), volumes (volumes), snapshots (snapshots of instances and of volumes), networks (networks), forwards (ports of the region that lead to instances); or count/<resource> for the number of objects, such as count/secrets.':
      'Limites par ressource : instances (instances, en marche ou non), cpu (processeurs virtuels de toutes les instances), memory (mémoire de toutes les instances), storage (disques de toutes les instances, et tous les volumes), volumes (volumes), snapshots (instantanés d’instances et de volumes), networks (réseaux), forwards (ports de la région qui mènent à des instances) ; ou count/<resource> pour le nombre d’objets, par exemple count/secrets.',
    'The most that the project may hold. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Le maximum que le projet peut contenir. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'The limits in force.': 'Les limites en vigueur.',
    'What the project holds now. It follows within a second or so; the limits themselves are exact.':
      'Ce que le projet contient en ce moment. Suit à une seconde près environ ; les limites elles-mêmes sont exactes.',
    'What is used of each limit.': 'Ce qui est utilisé de chaque limite.',
    'A tenant of the region: an API, a ledger and keys of its own at /orgs/<name>, which no operator’s credential opens.':
      'Un locataire de la région : une API, un registre et des clés à lui sous /orgs/<name>, qu’aucun moyen d’authentification d’un opérateur n’ouvre.',
    'What people call it, for example "Ministry of Finance".':
      'Comment on l’appelle, par exemple "Ministère des Finances".',
    'Whoever is let in first; they let in all others. It cannot change: the region makes no second credential.':
      'La première personne admise ; c’est elle qui admet toutes les autres. Ne peut pas changer : la région ne fait pas de second moyen d’authentification.',
    'Who administers the organization first, such as "alice".':
      'Qui administre l’organisation en premier, par exemple "alice".',
    'Their PKCS#10 signing request in PEM. The private key stays with them.':
      'Sa demande de certificat PKCS#10 en PEM. La clé privée reste chez elle.',
    'Where its API is, under the region’s address: /orgs/<name>.':
      'Où se trouve son API, sous l’adresse de la région : /orgs/<name>.',
    'Identity of its realm: one made anew has another.':
      'Identité de son domaine : une organisation recréée en a un autre.',
    'The key (C2SP vkey) that verifies the log of its changes.':
      'La clé (vkey C2SP) qui vérifie le journal de ses changements.',
    'The key (C2SP vkey) that verifies the log of access to it.':
      'La clé (vkey C2SP) qui vérifie le journal de ses accès.',
    'What the first administrator signs in with, together with their private key.':
      'Ce avec quoi s’authentifie le premier administrateur, avec sa clé privée.',
    'The certificate that answers the request, in PEM.': 'Le certificat qui répond à la demande, en PEM.',
    'What people call it.': 'Comment on l’appelle.',
    'Who was let in first.': 'Qui a été admis en premier.',
    'Where its API is.': 'Où se trouve son API.',
  },
  values: {},
};

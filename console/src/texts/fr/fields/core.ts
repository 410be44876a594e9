/** What kinds of the core group say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'binary data': 'Données binaires',
    immutable: 'Immuable',
    'involved object': 'Objet concerné',
    'api version': 'Version de l’API',
    'resource version': 'Révision',
    'field path': 'Chemin du champ',
    component: 'Composant',
    host: 'Hôte',
    'first timestamp': 'Première fois',
    'last timestamp': 'Dernière fois',
    count: 'Nombre',
    'event time': 'Moment',
    series: 'Série',
    'last observed time': 'Vu pour la dernière fois',
    related: 'Objet lié',
    'reporting component': 'Signalé par',
    'reporting instance': 'Instance qui signale',
    'last seen': 'Vu pour la dernière fois',
    object: 'Objet',
    finalizers: 'Finaliseurs',
    'string data': 'Données en texte',
    'automount service account token': 'Montage automatique du jeton',
    containers: 'Conteneurs',
    'pod ip': 'Adresse IP',
    'start time': 'Démarré le',
    ip: 'IP',
  },
  descriptions: {
    'Configuration by key: text in data, bytes in binaryData. Never for secrets: use a Secret.':
      'Configuration par clé : du texte dans data, des octets dans binaryData. Jamais pour ce qui est confidentiel : utilisez un secret.',
    'Text by key.': 'Texte par clé.',
    'Bytes by key, in base64.': 'Octets par clé, en base64.',
    'True: the data can never change again; delete it and make another.':
      'True : les données ne peuvent plus jamais changer ; supprimez l’objet et créez-en un autre.',
    'How many keys it has.': 'Combien de clés il contient.',
    'Something that happened to an object. Kept for an hour; what changed is in the ledger for good.':
      'Quelque chose qui est arrivé à un objet. Conservé une heure ; ce qui a changé reste dans le registre pour toujours.',
    'The object that it happened to.': 'L’objet concerné.',
    'Kind of the object.': 'Type de l’objet.',
    'Its group and version.': 'Son groupe et sa version.',
    'Its revision.': 'Sa révision.',
    'The part of it that is meant.': 'La partie de l’objet dont il s’agit.',
    'Why, in one CamelCase word, for programs.': 'Pourquoi, en un mot en CamelCase, pour les programmes.',
    'What happened, for people.': 'Ce qui s’est passé, pour les personnes.',
    'Who reports it.': 'Qui le signale.',
    'From where.': 'D’où.',
    'When it happened first.': 'Quand c’est arrivé la première fois.',
    'When it happened last.': 'Quand c’est arrivé la dernière fois.',
    'How often it happened.': 'Combien de fois c’est arrivé.',
    'Normal or Warning.': 'Normal ou Warning.',
    'When it happened, with microseconds.': 'Quand c’est arrivé, à la microseconde près.',
    'How often it happened, and when last.': 'Combien de fois c’est arrivé, et quand pour la dernière fois.',
    'What was done or failed.': 'Ce qui a été fait ou a échoué.',
    'A second object that it is about.': 'Un second objet dont il est question.',
    'The controller that reports it.': 'Le contrôleur qui le signale.',
    'Which one of several.': 'Lequel parmi plusieurs.',
    'Why, in one word.': 'Pourquoi, en un mot.',
    'What happened.': 'Ce qui s’est passé.',
    'A project: machines, networks and all else belong to one. Deleting it deletes everything in it first.':
      'Un projet : machines, réseaux et tout le reste appartiennent à un projet. Le supprimer supprime d’abord tout ce qu’il contient.',
    'Taken for the sake of Kubernetes clients; metadata.finalizers is what counts.':
      'Accepté pour les clients Kubernetes ; c’est metadata.finalizers qui compte.',
    'Active, or Terminating while its content goes.':
      'Active, ou Terminating tant que son contenu disparaît.',
    'Active, or Terminating while its content is being deleted.':
      'Active, ou Terminating pendant que son contenu est supprimé.',
    'Confidential data by key, up to 1 MiB, encrypted at rest under the organization’s key. Every read is recorded.':
      'Données confidentielles par clé, jusqu’à 1 MiB, chiffrées au repos avec la clé de l’organisation. Chaque lecture est consignée.',
    'What the data is: Opaque, kubernetes.io/tls, … It cannot change.':
      'Nature des données : Opaque, kubernetes.io/tls, … Ne peut pas changer.',
    'Values by key, in base64.': 'Valeurs par clé, en base64.',
    'Values by key, as plain text. Only for writing: they are moved into data.':
      'Valeurs par clé, en texte clair. En écriture seulement : elles sont reportées dans data.',
    'What the data is.': 'Nature des données.',
    'An identity of a program in a project. Role bindings name it system:serviceaccount:<project>:<name>; kubectl create token gives a token of it. Deleting it ends all of them at once.':
      'L’identité d’un programme dans un projet. Les attributions de rôles la nomment system:serviceaccount:<project>:<name> ; kubectl create token en donne un jeton. La supprimer met fin à tous ses jetons d’un coup.',
    'Kept for Kubernetes clients; means nothing here.':
      'Conservé pour les clients Kubernetes ; sans effet ici.',
    'A read-only view of a Instance, for kubectl exec, logs and cp. Change the Instance instead.':
      'Une vue en lecture seule d’une instance, pour kubectl exec, logs et cp. Modifiez plutôt l’instance.',
    'Exactly one.': 'Exactement un.',
    'Name of the only container.': 'Nom de l’unique conteneur.',
    'What it runs.': 'Ce qu’il exécute.',
    'Pending, Running, Succeeded, Failed or Unknown.': 'Pending, Running, Succeeded, Failed ou Unknown.',
    'Why it is in this phase.': 'Pourquoi il est dans cette phase.',
    'The first address.': 'La première adresse.',
    'When it started.': 'Quand il a démarré.',
    'Whether it is ready.': 'S’il est prêt.',
    'Its phase.': 'Sa phase.',
  },
  values: {
    Terminating: 'En suppression',
  },
};

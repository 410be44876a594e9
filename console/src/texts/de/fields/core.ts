/** What kinds of the core group say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'binary data': 'Binärdaten',
    immutable: 'Unveränderlich',
    'involved object': 'Betroffenes Objekt',
    'api version': 'API-Version',
    'resource version': 'Revision',
    'field path': 'Feldpfad',
    component: 'Komponente',
    host: 'Host',
    'first timestamp': 'Erstmals',
    'last timestamp': 'Zuletzt',
    count: 'Anzahl',
    'event time': 'Zeitpunkt',
    series: 'Serie',
    'last observed time': 'Zuletzt beobachtet',
    related: 'Verwandtes Objekt',
    'reporting component': 'Gemeldet von',
    'reporting instance': 'Meldende Instanz',
    'last seen': 'Zuletzt gesehen',
    object: 'Objekt',
    finalizers: 'Finalizer',
    'string data': 'Daten als Text',
    'automount service account token': 'Token automatisch einhängen',
    containers: 'Container',
    'pod ip': 'IP-Adresse',
    'start time': 'Gestartet am',
    ip: 'IP',
  },
  descriptions: {
    'Configuration by key: text in data, bytes in binaryData. Never for secrets: use a Secret.':
      'Konfiguration nach Schlüsseln: Text in data, Bytes in binaryData. Nie für Vertrauliches: Verwenden Sie dafür ein Geheimnis.',
    'Text by key.': 'Text nach Schlüsseln.',
    'Bytes by key, in base64.': 'Bytes nach Schlüsseln, in base64.',
    'True: the data can never change again; delete it and make another.':
      'True: Die Daten lassen sich nie mehr ändern; löschen Sie das Objekt und legen Sie ein neues an.',
    'How many keys it has.': 'Wie viele Schlüssel es hat.',
    'Something that happened to an object. Kept for an hour; what changed is in the ledger for good.':
      'Etwas, das einem Objekt widerfahren ist. Wird eine Stunde aufbewahrt; was sich geändert hat, steht für immer im Protokoll.',
    'The object that it happened to.': 'Das Objekt, um das es geht.',
    'Kind of the object.': 'Art des Objekts.',
    'Its group and version.': 'Gruppe und Version.',
    'Its revision.': 'Die Revision.',
    'The part of it that is meant.': 'Der Teil des Objekts, der gemeint ist.',
    'Why, in one CamelCase word, for programs.': 'Warum, in einem Wort in CamelCase, für Programme.',
    'What happened, for people.': 'Was geschehen ist, für Menschen.',
    'Who reports it.': 'Wer es meldet.',
    'From where.': 'Von wo.',
    'When it happened first.': 'Wann es zum ersten Mal geschah.',
    'When it happened last.': 'Wann es zuletzt geschah.',
    'How often it happened.': 'Wie oft es geschah.',
    'Normal or Warning.': 'Normal oder Warning.',
    'When it happened, with microseconds.': 'Wann es geschah, auf die Mikrosekunde.',
    'How often it happened, and when last.': 'Wie oft es geschah, und wann zuletzt.',
    'What was done or failed.': 'Was getan wurde oder fehlschlug.',
    'A second object that it is about.': 'Ein zweites Objekt, um das es geht.',
    'The controller that reports it.': 'Der Controller, der es meldet.',
    'Which one of several.': 'Welcher von mehreren.',
    'Why, in one word.': 'Warum, in einem Wort.',
    'What happened.': 'Was geschehen ist.',
    'A project: machines, networks and all else belong to one. Deleting it deletes everything in it first.':
      'Ein Projekt: Maschinen, Netze und alles andere gehören zu einem. Wird es gelöscht, wird zuerst alles darin gelöscht.',
    'Taken for the sake of Kubernetes clients; metadata.finalizers is what counts.':
      'Wird Kubernetes-Clients zuliebe angenommen; maßgeblich ist metadata.finalizers.',
    'Active, or Terminating while its content goes.':
      'Active, oder Terminating, solange der Inhalt verschwindet.',
    'Active, or Terminating while its content is being deleted.':
      'Active, oder Terminating, während der Inhalt gelöscht wird.',
    'Confidential data by key, up to 1 MiB, encrypted at rest under the organization’s key. Every read is recorded.':
      'Vertrauliche Daten nach Schlüsseln, bis 1 MiB, im Ruhezustand mit dem Schlüssel der Organisation verschlüsselt. Jeder Lesezugriff wird protokolliert.',
    'What the data is: Opaque, kubernetes.io/tls, … It cannot change.':
      'Was die Daten sind: Opaque, kubernetes.io/tls, … Lässt sich nicht ändern.',
    'Values by key, in base64.': 'Werte nach Schlüsseln, in base64.',
    'Values by key, as plain text. Only for writing: they are moved into data.':
      'Werte nach Schlüsseln, als Klartext. Nur zum Schreiben: Sie werden nach data übernommen.',
    'What the data is.': 'Was die Daten sind.',
    'An identity of a program in a project. Role bindings name it system:serviceaccount:<project>:<name>; kubectl create token gives a token of it. Deleting it ends all of them at once.':
      'Die Identität eines Programms in einem Projekt. Rollenzuweisungen nennen sie system:serviceaccount:<project>:<name>; kubectl create token gibt ein Token dafür. Wird sie gelöscht, enden alle Token sofort.',
    'Kept for Kubernetes clients; means nothing here.':
      'Für Kubernetes-Clients beibehalten; hier ohne Bedeutung.',
    'A read-only view of a Instance, for kubectl exec, logs and cp. Change the Instance instead.':
      'Eine schreibgeschützte Sicht auf eine Instanz, für kubectl exec, logs und cp. Ändern Sie stattdessen die Instanz.',
    'Exactly one.': 'Genau einer.',
    'Name of the only container.': 'Name des einzigen Containers.',
    'What it runs.': 'Was darin läuft.',
    'Pending, Running, Succeeded, Failed or Unknown.': 'Pending, Running, Succeeded, Failed oder Unknown.',
    'Why it is in this phase.': 'Warum es in dieser Phase ist.',
    'The first address.': 'Die erste Adresse.',
    'When it started.': 'Wann es gestartet ist.',
    'Whether it is ready.': 'Ob es bereit ist.',
    'Its phase.': 'Die Phase.',
  },
  values: {
    Terminating: 'Wird gelöscht',
  },
};

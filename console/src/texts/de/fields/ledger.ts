/** What kinds of the group ledger.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'carry out': 'Ausführen',
    erased: 'Gelöscht',
    'access records days': 'Zugriffseinträge (Tage)',
    'bodies days': 'Frühere Inhalte (Tage)',
    'change records days': 'Änderungseinträge (Tage)',
    bodies: 'Frühere Inhalte',
    url: 'URL',
    keys: 'Schlüssel',
    'certificate authority': 'Zertifizierungsstelle',
    logs: 'Protokolle',
  },
  descriptions: {
    'Erases what some entries of a log say of persons, or objects as some entries of the changes log recorded them, because it should not be there. Takes two people; the log says that it was done, by whom and why.':
      'Löscht, was einige Einträge eines Protokolls über Personen sagen, oder Objekte, wie einige Einträge des Änderungsprotokolls sie festgehalten haben, weil es dort nicht stehen sollte. Braucht zwei Personen; das Protokoll sagt, dass es geschehen ist, durch wen und warum.',
    'What is to be erased: what leaves of the access log or of the changes log say of persons, or the objects that leaves of the changes log recorded, as they were then. An object as it is now is not erased: change or delete it first.':
      'Was gelöscht werden soll: was Blätter des Zugriffs- oder des Änderungsprotokolls über Personen sagen, oder die Objekte, die Blätter des Änderungsprotokolls festgehalten haben, wie sie damals waren. Ein Objekt, wie es jetzt ist, wird nicht gelöscht: Ändern oder löschen Sie es zuerst.',
    'The first leaf of that log.': 'Das erste Blatt dieses Protokolls.',
    'The last one.': 'Das letzte.',
    'Why. It stays in the log for ever: name nobody here.':
      'Warum. Das bleibt für immer im Protokoll: Nennen Sie hier niemanden.',
    'Set it to have it done, once somebody else has approved (transition "carry-out"). It cannot be undone.':
      'Setzen Sie es, um es ausführen zu lassen, sobald jemand anderes zugestimmt hat (Übergang "carry-out"). Es lässt sich nicht rückgängig machen.',
    'How many records or bodies were erased.': 'Wie viele Einträge oder Inhalte gelöscht wurden.',
    'What is erased.': 'Was gelöscht wird.',
    'The first leaf.': 'Das erste Blatt.',
    'The last leaf.': 'Das letzte Blatt.',
    'How many were erased.': 'Wie viele gelöscht wurden.',
    'How long the logs name persons (without a policy for ever), and how long objects are kept as they were before they were changed or deleted (without a policy a year). There is one in a realm, called "access".':
      'Wie lange die Protokolle Personen nennen (ohne Regel für immer), und wie lange Objekte aufbewahrt werden, wie sie vor dem Ändern oder Löschen waren (ohne Regel ein Jahr). Je Bereich gibt es eine, namens "access".',
    'After so many days, what the access log says of persons is erased. At least a year.':
      'Nach so vielen Tagen wird gelöscht, was das Zugriffsprotokoll über Personen sagt. Mindestens ein Jahr.',
    'So many days after an object was changed or deleted, what it was before is dropped; its digest stays. At least 180.':
      'So viele Tage nachdem ein Objekt geändert oder gelöscht wurde, wird verworfen, was es vorher war; die Prüfsumme bleibt. Mindestens 180.',
    'After so many days, what the changes log says of persons is erased: who made a change, and what the object was called. At least 180. Absent: never.':
      'Nach so vielen Tagen wird gelöscht, was das Änderungsprotokoll über Personen sagt: wer eine Änderung gemacht hat, und wie das Objekt hieß. Mindestens 180. Ohne Angabe: nie.',
    'How long records name persons.': 'Wie lange Einträge Personen nennen.',
    'For how many days objects are kept as they were.':
      'Wie viele Tage Objekte aufbewahrt werden, wie sie waren.',
    'Somebody outside who cosigns what this realm’s logs publish, so that nobody can be shown another history than they were.':
      'Jemand außerhalb, der mitunterschreibt, was die Protokolle dieses Bereichs veröffentlichen, damit niemandem eine andere Geschichte gezeigt werden kann.',
    'Where it answers: the submission prefix of C2SP tlog-witness, such as https://witness.example:7380. The region’s settings have to allow its address.':
      'Wo er antwortet: das Einreichungspräfix von C2SP tlog-witness, zum Beispiel https://witness.example:7380. Die Einstellungen der Region müssen seine Adresse zulassen.',
    'Its public keys, as it prints them (casemate witness key): C2SP vkeys of type 4 or 6.':
      'Seine öffentlichen Schlüssel, wie er sie ausgibt (casemate witness key): C2SP-vkeys der Art 4 oder 6.',
    'PEM of who signed its certificate, when its URL is https and no authority that the region’s machine knows did.':
      'PEM dessen, der sein Zertifikat unterschrieben hat, wenn seine URL https ist und keine Stelle es tat, die die Maschine der Region kennt.',
    'Which logs of this realm it cosigns.': 'Welche Protokolle dieses Bereichs er mitunterschreibt.',
    'Where it answers.': 'Wo er antwortet.',
  },
  values: {
    AccessRecords: 'Zugriffseinträge',
    ChangeRecords: 'Änderungseinträge',
    Bodies: 'Frühere Inhalte',
    changes: 'Änderungen',
    access: 'Zugriffe',
  },
};

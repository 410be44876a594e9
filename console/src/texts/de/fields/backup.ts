/** What kinds of the group backup.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    from: 'Aus',
    at: 'Zeit',
    next: 'Nächste',
    what: 'Zu sichern',
    every: 'Wie oft',
    on: 'Tag',
    retention: 'Aufbewahrung',
    'weekly days': 'Wöchentliche (Tage)',
    'monthly days': 'Monatliche (Tage)',
    'yearly days': 'Jährliche (Tage)',
    'keep last': 'Neueste behalten',
    bucket: 'Bucket',
    s3: 'S3',
    region: 'Region',
    secret: 'Geheimnis',
    'restore test': 'Wiederherstellungsprüfung',
    'read data percent': 'Zu lesende Daten (%)',
    suspended: 'Ausgesetzt',
    'last scheduled at': 'Zuletzt geplant am',
    'next at': 'Nächste am',
    'last backup': 'Letzte Sicherung',
    'last test at': 'Letzte Prüfung am',
    'last restore test': 'Letzte Wiederherstellungsprüfung',
    passed: 'Bestanden',
    backup: 'Sicherung',
    restore: 'Wiederherstellung',
    control: 'Vorgabe',
    'forgotten at': 'Zuletzt entfernt am',
    'pruned at': 'Platz freigegeben am',
    last: 'Letzte',
    repository: 'Repository',
    as: 'Neuer Name',
    'in place': 'Am selben Ort',
    test: 'Prüfung',
    'again at': 'Nächster Versuch am',
    'finished at': 'Beendet am',
    'backed up at': 'Gesichert am',
    finished: 'Beendet',
    warnings: 'Warnungen',
    'retain until': 'Aufzubewahren bis',
    retained: 'In Aufbewahrung',
  },
  descriptions: {
    'What of a project is backed up, when, where to and for how long, and when a restore is tried. Encrypted with a password that is the project’s, incremental and deduplicated.':
      'Was von einem Projekt gesichert wird, wann, wohin und für wie lange, und wann eine Wiederherstellung geprüft wird. Mit einem Passwort des Projekts verschlüsselt, inkrementell und dedupliziert.',
    'What is backed up. What is made later and matches is backed up from then on.':
      'Was gesichert wird. Was später angelegt wird und passt, wird von da an mitgesichert.',
    'Which buckets of the project. Empty: all of them. Left out: none.':
      'Welche Buckets des Projekts. Leer: alle. Ohne Angabe: keine.',
    'Those that have all these labels.': 'Die, die alle diese Labels haben.',
    'Those of these names. With matchLabels: of these, those with the labels.':
      'Die mit diesen Namen. Zusammen mit matchLabels: davon die mit den Labels.',
    'Which instances of the project. Empty: all of them. Left out: none.':
      'Welche Instanzen des Projekts. Leer: alle. Ohne Angabe: keine.',
    'Which volumes of the project. Empty: all of them. Left out: none.':
      'Welche Datenträger des Projekts. Leer: alle. Ohne Angabe: keine.',
    'When a backup is made. Left out: only when somebody makes a Backup that names the plan.':
      'Wann gesichert wird. Ohne Angabe: nur, wenn jemand eine Sicherung anlegt, die den Plan nennt.',
    'How often: in hours that divide a day, each day, or each week.':
      'Wie oft: in Stunden, die einen Tag teilen, täglich oder wöchentlich.',
    'At what time, in UTC, such as 02:30. With hours: at this time, and as often from there.':
      'Um welche Zeit, in UTC, zum Beispiel 02:30. Bei Stunden: zu dieser Zeit und in diesem Abstand von da an.',
    'On which day, with every: week. Left out: Monday.':
      'An welchem Tag, bei every: week. Ohne Angabe: Montag.',
    'How long backups are kept. Each remembers its own time: a change counts for those that are made from then on.':
      'Wie lange Sicherungen aufbewahrt werden. Jede merkt sich ihre eigene Frist: Eine Änderung gilt für die, die von da an gemacht werden.',
    'For how many days each backup is kept.': 'Wie viele Tage jede Sicherung aufbewahrt wird.',
    'For how many the first one of each week (from Monday, UTC).':
      'Wie viele Tage die erste jeder Woche (ab Montag, UTC).',
    'For how many the first one of each month.': 'Wie viele Tage die erste jedes Monats.',
    'For how many the first one of each year.': 'Wie viele Tage die erste jedes Jahres.',
    'How many of the newest stay, however old they are, for as long as the plan is there.':
      'Wie viele der neuesten bleiben, wie alt sie auch sind, solange es den Plan gibt.',
    'Where the repository is.': 'Wo das Repository ist.',
    'A Bucket of the organization. This or s3.': 'Ein Bucket der Organisation. Dies oder s3.',
    'An S3 server elsewhere: the other site.': 'Ein S3-Server anderswo: der andere Standort.',
    'https://HOST:PORT of an S3 server. An Interconnection of the region must let it out there.':
      'https://HOST:PORT eines S3-Servers. Eine Verbindung nach außen der Region muss dorthin hinauslassen.',
    'What that server calls its region.': 'Wie dieser Server seine Region nennt.',
    'A bucket there.': 'Ein Bucket dort.',
    'A Secret of the project with the keys accessKeyId, secretAccessKey, and ca.crt: PEM of who signed the server’s certificate. Nobody else is believed.':
      'Ein Geheimnis des Projekts mit den Schlüsseln accessKeyId, secretAccessKey und ca.crt: PEM dessen, der das Zertifikat des Servers unterschrieben hat. Niemand sonst wird geglaubt.',
    'Below what the repository is in the bucket. Plans with the same target, prefix and password share one, and what they save alike. Left out: <project>/<name of the plan>.':
      'Worunter das Repository im Bucket liegt. Pläne mit demselben Ziel, Präfix und Passwort teilen sich eines, und was sie gleich sichern. Ohne Angabe: <Projekt>/<Name des Plans>.',
    'The Secret of the project with the repository’s password, key password. Whoever has it and can read the target can read all of it: keep a copy where the region is not.':
      'Das Geheimnis des Projekts mit dem Passwort des Repositorys, Schlüssel password. Wer es hat und das Ziel lesen kann, kann alles darin lesen: Bewahren Sie eine Kopie dort auf, wo die Region nicht ist.',
    'The service account of the project that acts: it needs a role that reads what is backed up, and writes to the target.':
      'Das Dienstkonto des Projekts, das handelt: Es braucht eine Rolle, die liest, was gesichert wird, und ins Ziel schreibt.',
    'When the newest backup is tried: its content is read back and held against what was saved, and the repository is checked.':
      'Wann die neueste Sicherung geprüft wird: Ihr Inhalt wird zurückgelesen und mit dem verglichen, was gesichert wurde, und das Repository wird geprüft.',
    'How much of all data in the repository is read and checked each time, chosen by chance.':
      'Welcher Anteil aller Daten im Repository jedes Mal gelesen und geprüft wird, zufällig gewählt.',
    'True: nothing is made by schedule. What is there is kept, and removed in time.':
      'True: Nichts wird nach Zeitplan gemacht. Was da ist, bleibt und wird zu seiner Zeit entfernt.',
    'The Secret with the repository’s password.': 'Das Geheimnis mit dem Passwort des Repositorys.',
    'For when the last backup was made by schedule.': 'Für wann die letzte geplante Sicherung gemacht wurde.',
    'When the next one is due.': 'Wann die nächste fällig ist.',
    'The last that ended.': 'Die letzte, die geendet hat.',
    'For when the last restore test was begun.':
      'Für wann die letzte Wiederherstellungsprüfung begonnen wurde.',
    'How the last restore test went. Each is a leaf of the ledger.':
      'Wie die letzte Wiederherstellungsprüfung ausging. Jede ist ein Blatt im Protokoll.',
    'Whether all of it was as it was saved.': 'Ob alles so war, wie es gesichert wurde.',
    'Which Backup was tried.': 'Welche Sicherung geprüft wurde.',
    'The Restore that tried it.': 'Die Wiederherstellung, die sie geprüft hat.',
    'What it is evidence for.': 'Wofür das ein Nachweis ist.',
    'What was read, or what was wrong.': 'Was gelesen wurde, oder was nicht stimmte.',
    'When a backup was last removed.': 'Wann zuletzt eine Sicherung entfernt wurde.',
    'When its room was last given back.': 'Wann ihr Platz zuletzt freigegeben wurde.',
    'How the last one ended.': 'Wie die letzte ausging.',
    'When it did.': 'Wann.',
    'How the last restore test went.': 'Wie die letzte Wiederherstellungsprüfung ausging.',
    'Things of a backup made again, in place or by a new name; or, with test, read back and held against what was saved.':
      'Inhalte einer Sicherung, neu angelegt, am selben Ort oder unter neuem Namen; oder, mit test, zurückgelesen und mit dem verglichen, was gesichert wurde.',
    'The Backup of the project that is restored. This or repository.':
      'Die Sicherung des Projekts, die wiederhergestellt wird. Dies oder repository.',
    'A repository that is known by its place and password alone: of another region.':
      'Ein Repository, von dem nur Ort und Passwort bekannt sind: das einer anderen Region.',
    'The project that was backed up. Left out: whichever the newest backup there is of.':
      'Das Projekt, das gesichert wurde. Ohne Angabe: das der neuesten Sicherung dort.',
    'The newest backup that was finished by then. Left out: the newest.':
      'Die neueste Sicherung, die bis dahin fertig war. Ohne Angabe: die neueste.',
    'Who acts: with repository. Of a backup it is the one that made it, or this one.':
      'Wer handelt: bei repository. Bei einer Sicherung ist es, wer sie gemacht hat, oder dieses.',
    'What is restored. Left out: all of the backup, under the names it had.':
      'Was wiederhergestellt wird. Ohne Angabe: die ganze Sicherung, unter den bisherigen Namen.',
    'What it was called.': 'Wie es hieß.',
    'What it is called from now on. Left out: as it was. There must be none of that name.':
      'Wie es von nun an heißt. Ohne Angabe: wie bisher. Es darf nichts dieses Namens geben.',
    'True: the one that is there becomes what it was, and all that came since is lost.':
      'True: Was da ist, wird wieder, was es war, und alles seither Hinzugekommene ist verloren.',
    'True: nothing is made; all is read back and held against what was saved.':
      'True: Nichts wird angelegt; alles wird zurückgelesen und mit dem verglichen, was gesichert wurde.',
    'With test: how much of all data in the repository is checked as well.':
      'Mit test: welcher Anteil aller Daten im Repository zusätzlich geprüft wird.',
    'How often it was begun.': 'Wie oft es begonnen wurde.',
    'When it is tried again.': 'Wann es wieder versucht wird.',
    'Id of the snapshot in the repository that says what there is.':
      'Kennung des Snapshots im Repository, der sagt, was es gibt.',
    'When what is restored was saved.': 'Wann das gesichert wurde, was wiederhergestellt wird.',
    'What a test is evidence for.': 'Wofür eine Prüfung ein Nachweis ist.',
    'How each one went.': 'Wie es bei jedem ausging.',
    'What it is called now.': 'Wie es jetzt heißt.',
    'How much was read.': 'Wie viel gelesen wurde.',
    'Why not.': 'Warum nicht.',
    'Which Backup.': 'Welche Sicherung.',
    'Whether it only tries.': 'Ob nur geprüft wird.',
    'How many of how many.': 'Wie viele von wie vielen.',
    'One run of a BackupPlan: made by its schedule, or by hand to run it now. Deleting it inside its retention takes two people, and removes it from the repository.':
      'Ein Lauf eines Sicherungsplans: nach Zeitplan gemacht, oder von Hand, um ihn jetzt auszuführen. Ihn innerhalb der Aufbewahrung zu löschen braucht zwei Personen und entfernt ihn aus dem Repository.',
    'The BackupPlan of the project that is run.': 'Der Sicherungsplan des Projekts, der ausgeführt wird.',
    'How far it is. Incomplete: some items could not be saved; the others can be restored.':
      'Wie weit sie ist. Incomplete: Einiges ließ sich nicht sichern; das Übrige lässt sich wiederherstellen.',
    'Where it lies.': 'Wo sie liegt.',
    'What was selected when it began.': 'Was zu Beginn ausgewählt war.',
    'Id of the snapshot in the repository.': 'Kennung des Snapshots im Repository.',
    'What it is as a tar.': 'Wie groß es als Tar ist.',
    'What the repository grew by: the rest was there already.':
      'Um wie viel das Repository wuchs: Der Rest war schon da.',
    'Digest of that tar, which a restore is held against.':
      'Prüfsumme dieses Tars, mit der eine Wiederherstellung verglichen wird.',
    'Why it was not saved.': 'Warum es nicht gesichert wurde.',
    'What of it could not be saved.': 'Was davon sich nicht sichern ließ.',
    'All items together.': 'Alle Elemente zusammen.',
    'What the repository grew by.': 'Um wie viel das Repository wuchs.',
    'Id of the snapshot that says all this in the repository itself.':
      'Kennung des Snapshots, der all das im Repository selbst sagt.',
    'Until then two people delete it; after that it goes by itself.':
      'Bis dahin braucht das Löschen zwei Personen; danach verschwindet sie von selbst.',
    'Whether it is inside its retention.': 'Ob sie noch in ihrer Aufbewahrungsfrist ist.',
    'Of which plan.': 'Welches Plans.',
    'How many things.': 'Wie viele Elemente.',
    'All together.': 'Alle zusammen.',
    'How long it is kept.': 'Wie lange sie aufbewahrt wird.',
  },
  values: {
    '1h': 'Stündlich',
    '2h': 'Alle 2 Stunden',
    '3h': 'Alle 3 Stunden',
    '4h': 'Alle 4 Stunden',
    '6h': 'Alle 6 Stunden',
    '8h': 'Alle 8 Stunden',
    '12h': 'Alle 12 Stunden',
    day: 'Täglich',
    week: 'Wöchentlich',
    Monday: 'Montag',
    Tuesday: 'Dienstag',
    Wednesday: 'Mittwoch',
    Thursday: 'Donnerstag',
    Friday: 'Freitag',
    Saturday: 'Samstag',
    Sunday: 'Sonntag',
    buckets: 'Buckets',
    instances: 'Instanzen',
    volumes: 'Datenträger',
    Succeeded: 'Erfolgreich',
    Restored: 'Wiederhergestellt',
    Tested: 'Geprüft',
    Saved: 'Gesichert',
  },
};

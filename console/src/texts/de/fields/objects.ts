/** What kinds of the group objects.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'access key id': 'Kennung des Zugriffsschlüssels',
    'holder uid': 'UID des Inhabers',
    'issued at': 'Ausgegeben am',
    holder: 'Inhaber',
    versioning: 'Versionierung',
    'object lock': 'Objektsperre',
    enabled: 'Eingeschaltet',
    'default retention': 'Standardaufbewahrung',
    mode: 'Modus',
    years: 'Jahre',
    lifecycle: 'Lebenszyklus',
    filter: 'Filter',
    tags: 'Tags',
    'size greater than': 'Größer als',
    'size less than': 'Kleiner als',
    expiration: 'Ablauf',
    date: 'Datum',
    'expired object delete marker': 'Abgelaufene Löschmarkierungen',
    'noncurrent version expiration': 'Ablauf nicht aktueller Versionen',
    'noncurrent days': 'Tage seit der Ablösung',
    'newer noncurrent versions': 'Behaltene nicht aktuelle Versionen',
    'abort incomplete multipart upload': 'Abbruch unvollständiger Uploads',
    'days after initiation': 'Tage seit Beginn',
    cors: 'CORS',
    'allowed origins': 'Erlaubte Ursprünge',
    'allowed methods': 'Erlaubte Methoden',
    'allowed headers': 'Erlaubte Header',
    'expose headers': 'Lesbare Header',
    'max age seconds': 'Gültig im Cache (Sekunden)',
    policy: 'Richtlinie',
    'public access block': 'Sperre öffentlicher Zugriffe',
    'block public acls': 'Öffentliche ACLs abweisen',
    'ignore public acls': 'Öffentliche ACLs nicht beachten',
    'block public policy': 'Öffentliche Richtlinien abweisen',
    'restrict public buckets': 'Öffentliche Buckets einschränken',
    quota: 'Kontingent',
    objects: 'Objekte',
    logging: 'Protokollierung',
    'target bucket': 'Ziel-Bucket',
    inventory: 'Bestandslisten',
    'included object versions': 'Enthaltene Versionen',
    'optional fields': 'Zusätzliche Spalten',
    'key version': 'Schlüsselversion',
    usage: 'Belegung',
    'observed at': 'Beobachtet am',
    damaged: 'Beschädigt',
    'found at': 'Gefunden am',
  },
  descriptions: {
    'What S3 clients sign with: an id and a secret of one person or one service account. The secret is given out once, by `casemate access-key create` or the action issue. Deleting it, or whoever it belongs to, ends it at once. Buckets that it makes belong to its project.':
      'Womit S3-Clients signieren: eine Kennung und ein Geheimnis einer Person oder eines Dienstkontos. Das Geheimnis wird einmal herausgegeben, von `casemate access-key create` oder der Aktion issue. Wird er gelöscht, oder wem er gehört, endet er sofort. Buckets, die er anlegt, gehören seinem Projekt.',
    'Whose it is: a person, who makes it for themselves. This or serviceAccount.':
      'Wem er gehört: einer Person, die ihn für sich selbst anlegt. Dies oder serviceAccount.',
    'Whose it is: a service account of the project, made by whoever may have its tokens.':
      'Wem er gehört: einem Dienstkonto des Projekts; angelegt von jemandem, der dessen Token haben darf.',
    'When it ends by itself, such as 2027-01-31T00:00:00Z. Absent: never.':
      'Wann er von selbst endet, zum Beispiel 2027-01-31T00:00:00Z. Ohne Angabe: nie.',
    'Less than whoever it belongs to may do. Absent: all of it.':
      'Weniger, als sein Inhaber darf. Ohne Angabe: alles.',
    'Only these buckets.': 'Nur diese Buckets.',
    'Only reading and listing.': 'Nur lesen und auflisten.',
    'What clients name it by.': 'Womit Clients ihn nennen.',
    'Uid of whoever it belongs to: somebody else of that name has nothing of it. Empty: a person without a User.':
      'Uid des Inhabers: Jemand anderes desselben Namens hat nichts davon. Leer: eine Person ohne User.',
    'When the secret was given out.': 'Wann das Geheimnis herausgegeben wurde.',
    'A place for objects, reached by the S3 protocol with an AccessKey. Its name is unique in the organization. It cannot be deleted while it holds anything.':
      'Ein Ort für Objekte, über das S3-Protokoll mit einem Zugriffsschlüssel erreichbar. Der Name ist einmalig in der Organisation. Er lässt sich nicht löschen, solange etwas darin ist.',
    'Whether a write keeps what was there before. Once enabled it can be suspended, never off again.':
      'Ob ein Schreibvorgang behält, was vorher da war. Einmal eingeschaltet, lässt sich die Versionierung aussetzen, aber nie mehr ausschalten.',
    'Write once, read many.': 'Einmal schreiben, oft lesen.',
    'Whether objects can be locked. It takes versioning, and never goes away again.':
      'Ob Objekte gesperrt werden können. Braucht Versionierung und lässt sich nie mehr entfernen.',
    'How new versions are locked that say nothing of it.':
      'Wie neue Versionen gesperrt werden, die nichts dazu sagen.',
    'GOVERNANCE: whoever may update buckets/governance can pass over it. COMPLIANCE: nobody, until it is over.':
      'GOVERNANCE: Wer buckets/governance ändern darf, kann sie übergehen. COMPLIANCE: niemand, bis sie abläuft.',
    'For so many days. This or years.': 'Für so viele Tage. Dies oder years.',
    'For so many years. This or days.': 'Für so viele Jahre. Dies oder days.',
    'What is removed by itself. A lock holds against it.':
      'Was von selbst entfernt wird. Eine Sperre hält dagegen.',
    'What the rule is called.': 'Wie die Regel heißt.',
    'What it is about: all of it must hold. Absent: every object.':
      'Wovon sie handelt: Alles muss zutreffen. Ohne Angabe: jedes Objekt.',
    'Of keys.': 'Von Schlüsseln.',
    'All of these.': 'Alle diese.',
    'In bytes.': 'In Bytes.',
    'When the current version goes: exactly one of these.':
      'Wann die aktuelle Version geht: genau eines von diesen.',
    'So long after it was written.': 'So lange nach dem Schreiben.',
    'From this midnight on.': 'Ab dieser Mitternacht.',
    'Removes delete markers that nothing is left behind.':
      'Entfernt Löschmarkierungen, hinter denen nichts mehr ist.',
    'When versions that are not current go.': 'Wann Versionen gehen, die nicht mehr aktuell sind.',
    'So long after another version took its place.':
      'So lange nachdem eine andere Version an ihre Stelle trat.',
    'So many stay in any case.': 'So viele bleiben auf jeden Fall.',
    'When uploads go that nobody completed.': 'Wann Uploads gehen, die niemand abgeschlossen hat.',
    'So long after they began.': 'So lange nach ihrem Beginn.',
    'Which web pages of other origins may use it. The first rule that fits counts.':
      'Welche Webseiten anderer Herkunft ihn nutzen dürfen. Es zählt die erste Regel, die passt.',
    'https://app.example; at most one * in each.': 'https://app.example; höchstens ein * in jeder.',
    'What such pages may do.': 'Was solche Seiten tun dürfen.',
    'Headers that they may send; at most one * in each.':
      'Header, die sie senden dürfen; höchstens ein * in jedem.',
    'Headers of answers that they may read.': 'Header von Antworten, die sie lesen dürfen.',
    'How long a browser may remember this.': 'Wie lange ein Browser sich das merken darf.',
    'A bucket policy of S3 (JSON, Version 2012-10-17): refuses more than roles do, or opens to others of the organization.':
      'Eine Bucket-Richtlinie von S3 (JSON, Version 2012-10-17): verweigert mehr als Rollen, oder öffnet für andere der Organisation.',
    'What stands against opening to everybody; all of it, unless it is taken away.':
      'Was dem Öffnen für alle entgegensteht; alles davon, sofern es nicht weggenommen wird.',
    'ACLs that open to everybody are refused.': 'ACLs, die für alle öffnen, werden abgewiesen.',
    'Those that are there open nothing.': 'Vorhandene öffnen nichts.',
    'Policies that open to everybody are refused.': 'Richtlinien, die für alle öffnen, werden abgewiesen.',
    'Those that are there open nothing to who is not of the organization.':
      'Vorhandene öffnen niemandem etwas, der nicht zur Organisation gehört.',
    'The most that it may hold.': 'Wie viel er höchstens enthalten darf.',
    'All versions together, as clients sent them. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Alle Versionen zusammen, wie Clients sie gesendet haben. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'Versions.': 'Versionen.',
    'A Key of the project (purpose encrypt or wrap) that holds the bucket’s own key: without it nothing of the bucket can be read. Another one is used for what is written from then on.':
      'Ein Schlüssel des Projekts (Zweck encrypt oder wrap), der den eigenen Schlüssel des Buckets schützt: Ohne ihn lässt sich nichts im Bucket lesen. Ein anderer wird für alles benutzt, was von da an geschrieben wird.',
    'Tags of the bucket, as S3 has them.': 'Tags des Buckets, wie S3 sie kennt.',
    'Where records of access are put as objects, beside the access log, which has them in any case.':
      'Wo Zugriffseinträge als Objekte abgelegt werden, neben dem Zugriffsprotokoll, das sie in jedem Fall hat.',
    'Another bucket of the project.': 'Ein anderer Bucket des Projekts.',
    'What keys of records begin with.': 'Womit Schlüssel der Einträge beginnen.',
    'Reports of what it holds, by what they are called: CSV files with a manifest, as S3 has them.':
      'Berichte darüber, was er enthält, nach ihrem Namen: CSV-Dateien mit einem Manifest, wie S3 sie kennt.',
    'A bucket of the project; this one too.': 'Ein Bucket des Projekts; auch dieser.',
    'What keys of reports begin with.': 'Womit Schlüssel der Berichte beginnen.',
    'What it is about. Absent: every object.': 'Wovon er handelt. Ohne Angabe: jedes Objekt.',
    'All: noncurrent versions and delete markers as well.':
      'All: auch nicht aktuelle Versionen und Löschmarkierungen.',
    'How often it is made.': 'Wie oft er gemacht wird.',
    'Columns beside bucket and key.': 'Spalten neben Bucket und Schlüssel.',
    'Where S3 clients find it, path-style.': 'Wo S3-Clients ihn finden, im Pfadstil.',
    'The version of its own key that is used.': 'Die Version seines eigenen Schlüssels, die benutzt wird.',
    'The Key that holds that version. Absent: the organization’s.':
      'Der Schlüssel, der diese Version schützt. Ohne Angabe: der der Organisation.',
    'What it holds. It follows within a minute or so.': 'Was er enthält. Folgt innerhalb etwa einer Minute.',
    'All versions together, as clients sent them.':
      'Alle Versionen zusammen, wie Clients sie gesendet haben.',
    'Versions, uploads that are not complete among them.':
      'Versionen, darunter auch nicht abgeschlossene Uploads.',
    'When it was so.': 'Wann es so war.',
    'Objects that the disk no longer has as they were written, the first hundred. They are not given out.':
      'Objekte, die die Festplatte nicht mehr so hat, wie sie geschrieben wurden, die ersten hundert. Sie werden nicht herausgegeben.',
    'off, enabled or suspended.': 'off, enabled oder suspended.',
    'Versions that it holds.': 'Versionen, die er enthält.',
    'Bytes that it holds.': 'Bytes, die er enthält.',
    'The Key that holds its own.': 'Der Schlüssel, der seinen eigenen schützt.',
  },
  values: {
    enabled: 'Ein',
    suspended: 'Ausgesetzt',
    GOVERNANCE: 'Governance',
    COMPLIANCE: 'Compliance',
    All: 'Alle',
    Current: 'Aktuelle',
    Daily: 'Täglich',
    Weekly: 'Wöchentlich',
    Size: 'Größe',
    LastModifiedDate: 'Zuletzt geändert',
    StorageClass: 'Speicherklasse',
    IsMultipartUploaded: 'Upload in Teilen',
    ReplicationStatus: 'Replikationsstatus',
    EncryptionStatus: 'Verschlüsselungsstatus',
    ObjectLockRetainUntilDate: 'Gesperrt bis',
    ObjectLockMode: 'Sperrmodus',
    ObjectLockLegalHoldStatus: 'Rechtliche Aufbewahrung',
    IntelligentTieringAccessTier: 'Zugriffsebene',
    BucketKeyStatus: 'Status des Bucket-Schlüssels',
    ChecksumAlgorithm: 'Prüfsummenalgorithmus',
  },
};

/** What kinds of the group access.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    from: 'Von',
    verbs: 'Verben',
    resources: 'Ressourcen',
    projects: 'Projekte',
    except: 'Ausgenommen',
    'break glass': 'Notfallzugriff',
    when: 'Wann',
    'address in': 'Adresse in',
    'address not in': 'Adresse nicht in',
    'strength in': 'Stärke unter',
    'strength not in': 'Stärke nicht unter',
    'time in': 'Innerhalb der Zeiten',
    'time zone': 'Zeitzone',
    windows: 'Zeitfenster',
    'time not in': 'Außerhalb der Zeiten',
    role: 'Rolle',
    description: 'Beschreibung',
    resource: 'Ressource',
    transition: 'Übergang',
    'sole operator': 'Einziger Betreiber',
    'reason code': 'Begründungscode',
    'duration minutes': 'Dauer (Minuten)',
    'approved by': 'Zugestimmt haben',
    consent: 'Zustimmung',
    'carried as': 'Übermittelt als',
    'granted at': 'Gewährt am',
    'ends at': 'Endet am',
    'ended at': 'Geendet am',
    'ended by': 'Beendet von',
    ends: 'Ende',
    'session minutes max': 'Längste Sitzung (Minuten)',
    'recordings days': 'Aufzeichnungen (Tage)',
    minutes: 'Minuten',
    recordings: 'Aufzeichnungen',
    due: 'Fällig',
    repeat: 'Wiederholen',
    opens: 'Beginn',
    binding: 'Zuweisung',
    'binding uid': 'UID der Zuweisung',
    'decided by': 'Entschieden von',
    'decided at': 'Entschieden am',
    incomplete: 'Unvollständig',
    'completed by': 'Abgeschlossen von',
    'completed at': 'Abgeschlossen am',
    kept: 'Behalten',
    undecided: 'Unentschieden',
    'access request': 'Zugangsanfrage',
    command: 'Befehl',
    'kept until': 'Aufbewahrt bis',
    'request id': 'Kennung der Anfrage',
    chunks: 'Teile',
    'last at': 'Zuletzt am',
    'exit code': 'Exit-Code',
    'sha-256': 'SHA-256',
  },
  descriptions: {
    'Forbids something whatever roles somebody holds: by label, network of origin, strength of sign-in, or time. It never allows anything. Effective at once; so is deleting it.':
      'Verbietet etwas, welche Rollen jemand auch hat: nach Label, Herkunftsnetz, Stärke der Anmeldung oder Zeit. Erlaubt nie etwas. Wirkt sofort; auch ihr Löschen.',
    'What whoever is refused is told: why, and what they can do.':
      'Was jemandem gesagt wird, der abgewiesen wird: warum, und was man tun kann.',
    'read: get, list and watch. create. update: in every way. delete: one or many. use: subresources such as terminals, logs and actions. Absent: all of these.':
      'read: get, list und watch. create. update: auf jede Art. delete: eines oder viele. use: Unterressourcen wie Terminals, Protokolle und Aktionen. Ohne Angabe: alles davon.',
    'To what: instances.compute.casemate.internal; instances.compute.casemate.internal/exec for one subresource; *.compute.casemate.internal for all of a group; * for everything.':
      'Worauf: instances.compute.casemate.internal; instances.compute.casemate.internal/exec für eine Unterressource; *.compute.casemate.internal für eine ganze Gruppe; * für alles.',
    'In which projects; absent: everywhere.': 'In welchen Projekten; ohne Angabe: überall.',
    'To whom; absent: everybody.': 'Wem; ohne Angabe: allen.',
    'User, Group or ServiceAccount.': 'User, Group oder ServiceAccount.',
    'As its User, Group or ServiceAccount is named, or as in a ClientCertificate’s spec.user or spec.groups.':
      'Wie User, Group oder ServiceAccount heißt, oder wie in spec.user oder spec.groups eines Client-Zertifikats.',
    'Of a service account: the project it belongs to.':
      'Bei einem Dienstkonto: das Projekt, zu dem es gehört.',
    'To whom not.': 'Wem nicht.',
    'Who may change and delete guardrails in spite of this one.':
      'Wer Leitplanken trotz dieser hier ändern und löschen darf.',
    'Only where all of these hold; absent: always.': 'Nur wo all das zutrifft; ohne Angabe: immer.',
    'The object carries all of these. What is asked of many objects at once (list, watch, deletecollection) counts as if one of them did.':
      'Das Objekt hat alle diese. Was von vielen Objekten zugleich verlangt wird (list, watch, deletecollection), zählt, als hätte eines davon sie.',
    'The client’s address is in one of these networks, 10.0.0.0/8.':
      'Die Adresse des Clients liegt in einem dieser Netze, 10.0.0.0/8.',
    'The client’s address is in none of these networks, or not known.':
      'Die Adresse des Clients liegt in keinem dieser Netze, oder ist nicht bekannt.',
    'They proved who they are by none of these, or nobody knows how.':
      'Die Identität wurde durch keines von diesen nachgewiesen, oder niemand weiß, wie.',
    'Hours of the week.': 'Stunden der Woche.',
    'The zone that the hours are in, Europe/Luxembourg.': 'Die Zeitzone dieser Stunden, Europe/Luxembourg.',
    'On which days it begins.': 'An welchen Tagen es beginnt.',
    '08:30': '08:30',
    'When it ends; no later than `from`: on the day after.':
      'Wann es endet; nicht später als `from`: am Tag danach.',
    'From when on, RFC 3339; absent: at once. Counts to the minute.':
      'Ab wann, RFC 3339; ohne Angabe: sofort. Zählt auf die Minute.',
    'Until when, RFC 3339; absent: until it is deleted.': 'Bis wann, RFC 3339; ohne Angabe: bis zum Löschen.',
    'What it forbids.': 'Was sie verbietet.',
    'Under which conditions.': 'Unter welchen Bedingungen.',
    'What whoever is refused is told.': 'Was jemandem gesagt wird, der abgewiesen wird.',
    'Gives a role to users, groups and service accounts of this realm, in one project or in all. Effective at once; so is deleting it.':
      'Gibt Benutzern, Gruppen und Dienstkonten dieses Bereichs eine Rolle, in einem Projekt oder in allen. Wirkt sofort; auch das Löschen.',
    'A Role of this realm, or a built-in one. In the region: region-operator, region-auditor, region-security. In an organization: organization-admin, organization-auditor, security-officer, key-custodian, project-editor, project-viewer.':
      'Eine Rolle dieses Bereichs, oder eine eingebaute. In der Region: region-operator, region-auditor, region-security. In einer Organisation: organization-admin, organization-auditor, security-officer, key-custodian, project-editor, project-viewer.',
    'The one project that the binding covers, for roles that can be narrowed; absent: every project.':
      'Das eine Projekt, für das die Zuweisung gilt, bei Rollen, die sich einschränken lassen; ohne Angabe: jedes Projekt.',
    'Who holds the role.': 'Wer die Rolle hat.',
    'The role.': 'Die Rolle.',
    'The project it covers; * for all.': 'Das Projekt, für das sie gilt; * für alle.',
    'A role of your own: rules that say which verbs on which resources it opens. Give it with a RoleBinding. It cannot open more than its author holds.':
      'Eine eigene Rolle: Regeln, die sagen, welche Verben auf welchen Ressourcen sie öffnet. Vergeben Sie sie mit einer Rollenzuweisung. Sie kann nicht mehr öffnen, als ihr Urheber darf.',
    'Whom it is for, in words for whoever binds or reviews it.':
      'Für wen sie ist, in Worten für alle, die sie vergeben oder überprüfen.',
    'project: opens what is in projects, and a binding may narrow it to one. realm: opens also what belongs to no project; a binding always covers everything.':
      'project: öffnet, was in Projekten ist, und eine Zuweisung kann sie auf eines einschränken. realm: öffnet auch, was zu keinem Projekt gehört; eine Zuweisung gilt immer für alles.',
    'What it opens: everything that one of its rules does.':
      'Was sie öffnet: alles, was eine ihrer Regeln öffnet.',
    'What may be done; * for everything.': 'Was getan werden darf; * für alles.',
    'To what: instances.compute.casemate.internal; instances.compute.casemate.internal/exec for a subresource (/* for all); *.compute.casemate.internal for all of a group; * for all. Secrets and subresources are only opened by name.':
      'Worauf: instances.compute.casemate.internal; instances.compute.casemate.internal/exec für eine Unterressource (/* für alle); *.compute.casemate.internal für eine ganze Gruppe; * für alles. Geheimnisse und Unterressourcen öffnen sich nur mit Namen.',
    'project or realm.': 'project oder realm.',
    'What its rules are about.': 'Wovon die Regeln handeln.',
    'Whom it is for.': 'Für wen sie ist.',
    'Asks for more approvals than kinds do by themselves. Asking for fewer takes its deletion, which takes the approvals it asks for.':
      'Verlangt mehr Zustimmungen, als Arten von sich aus tun. Weniger zu verlangen heißt, sie zu löschen, und das braucht die Zustimmungen, die sie verlangt.',
    'What takes more approvals than its kind asks for.':
      'Was mehr Zustimmungen braucht, als seine Art verlangt.',
    'Which resource, such as keys.keys.casemate.internal; *: every one.':
      'Welche Ressource, zum Beispiel keys.keys.casemate.internal; *: jede.',
    'Which transition; absent: every one.': 'Welcher Übergang; ohne Angabe: jeder.',
    'In the region only, and written on its host only: its one operator, who needs no approval as long as there is nobody else to give it.':
      'Nur in der Region, und nur auf ihrem Host geschrieben: ihr einziger Betreiber, der keine Zustimmung braucht, solange niemand sonst sie geben kann.',
    'What takes how many.': 'Was wie viele braucht.',
    'Who runs the region alone.': 'Wer die Region allein betreibt.',
    'Asks other people of this realm to agree to one change that nobody may make alone. Approved, it allows whoever asked to make that change once.':
      'Bittet andere Personen dieses Bereichs, einer Änderung zuzustimmen, die niemand allein machen darf. Ist zugestimmt, darf die anfragende Person sie einmal machen.',
    'The object that is to be changed.': 'Das Objekt, das geändert werden soll.',
    'The resource, such as organizations.tenancy.casemate.internal.':
      'Die Ressource, zum Beispiel organizations.tenancy.casemate.internal.',
    'Its metadata.uid: another object of the same name takes another request.':
      'Die metadata.uid: Ein anderes Objekt desselben Namens braucht eine andere Anfrage.',
    'What is to be done to it: delete, or a word of its kind.':
      'Was damit geschehen soll: delete, oder ein Wort seiner Art.',
    'Why, in a word: tenant-request, support, repair, security-incident, legal-order, end-of-use or other.':
      'Warum, in einem Wort: tenant-request, support, repair, security-incident, legal-order, end-of-use oder other.',
    'Why, in a sentence that whoever approves can judge: a ticket, an order, what is broken.':
      'Warum, in einem Satz, den beurteilen kann, wer zustimmt: ein Ticket, eine Anordnung, was defekt ist.',
    'Until when it may be approved and used, at most 7 days after it was made (RFC 3339).':
      'Bis wann zugestimmt und sie genutzt werden darf, höchstens 7 Tage nach dem Anlegen (RFC 3339).',
    'What became of it.': 'Was daraus wurde.',
    'How many people other than who asks must approve, as last counted.':
      'Wie viele andere als die anfragende Person zustimmen müssen, nach letztem Stand.',
    'When the change was made that it was for.': 'Wann die Änderung gemacht wurde, für die sie da war.',
    'What is to be done.': 'Was getan werden soll.',
    'To which object.': 'An welchem Objekt.',
    'Until when it counts.': 'Bis wann sie gilt.',
    'A user’s credential in this realm: a signing request and the certificate that answers it. It counts only while this object lives; deleting it revokes it at once.':
      'Das Anmeldemittel eines Benutzers in diesem Bereich: eine Zertifikatsanfrage und das Zertifikat, das darauf antwortet. Es zählt nur, solange es dieses Objekt gibt; wird es gelöscht, ist es sofort widerrufen.',
    'Who the certificate speaks for, such as "alice". Never "system:…".':
      'Für wen das Zertifikat spricht, zum Beispiel "alice". Nie "system:…".',
    'Groups that role bindings may name. Never "system:…".':
      'Gruppen, die Rollenzuweisungen nennen dürfen. Nie "system:…".',
    'A PKCS#10 signing request in PEM. Only its key counts (P-256, P-384, Ed25519, or RSA of 3072 bits or more); its subject is ignored.':
      'Eine PKCS#10-Zertifikatsanfrage in PEM. Nur ihr Schlüssel zählt (P-256, P-384, Ed25519, oder RSA ab 3072 Bit); ihr Subject wird nicht beachtet.',
    'How many days the certificate is valid, from when it is signed.':
      'Wie viele Tage das Zertifikat gilt, ab der Unterschrift.',
    'The signed certificate in PEM.': 'Das unterschriebene Zertifikat in PEM.',
    'When it begins to be valid.': 'Wann die Gültigkeit beginnt.',
    'Who it speaks for.': 'Für wen es spricht.',
    'Groups it carries.': 'Gruppen, die es trägt.',
    'Whether it was signed.': 'Ob es unterschrieben wurde.',
    'When it expires.': 'Wann es abläuft.',
    'Serial number.': 'Seriennummer.',
    'An operator asks to be let into one project of a tenant, for a while and for a reason. The tenant’s own people grant it, watch it and end it.':
      'Ein Betreiber bittet, in ein Projekt eines Mandanten eingelassen zu werden, für eine Weile und aus einem Grund. Die Leute des Mandanten gewähren es, sehen zu und beenden es.',
    'The tenant.': 'Der Mandant.',
    'The one project of it.': 'Das eine Projekt davon.',
    'Everything that is asked for; nothing else opens.':
      'Alles, worum gebeten wird; sonst öffnet sich nichts.',
    'What may be done; a terminal (exec) is create.':
      'Was getan werden darf; ein Terminal (exec) ist create.',
    'To which resources, such as instances.compute.casemate.internal/exec.':
      'An welchen Ressourcen, zum Beispiel instances.compute.casemate.internal/exec.',
    'To which objects; absent: every one in the project.':
      'An welchen Objekten; ohne Angabe: an allen im Projekt.',
    'How long, from when it is granted.': 'Wie lange, ab der Gewährung.',
    'A PKCS#10 signing request in PEM of a key made for this session; the key stays with the operator.':
      'Eine PKCS#10-Zertifikatsanfrage in PEM für einen Schlüssel, der für diese Sitzung gemacht wurde; der Schlüssel bleibt beim Betreiber.',
    'Come in before the tenant agreed: takes another operator, at most an hour, and the tenant is told at once.':
      'Hineinkommen, bevor der Mandant zugestimmt hat: braucht einen zweiten Betreiber, höchstens eine Stunde, und der Mandant erfährt es sofort.',
    'In the tenant’s realm only: where it comes from. Written by the region alone.':
      'Nur im Bereich des Mandanten: woher sie kommt. Nur von der Region geschrieben.',
    'Of the request in the region.': 'Der Anfrage in der Region.',
    'Operators who agreed.': 'Betreiber, die zugestimmt haben.',
    'Who agreed, in this realm.': 'Wer in diesem Bereich zugestimmt hat.',
    'In the region: its name in the tenant’s realm.': 'In der Region: der Name im Bereich des Mandanten.',
    'When it was granted.': 'Wann sie gewährt wurde.',
    'When the session ends by itself.': 'Wann die Sitzung von selbst endet.',
    'Who ended it before its time.': 'Wer sie vor der Zeit beendet hat.',
    'What the session signs in with, in PEM.': 'Womit sich die Sitzung anmeldet, in PEM.',
    'Why it is so, and what one can do.': 'Warum das so ist, und was man tun kann.',
    'For what.': 'Wofür.',
    'Whether nobody of the tenant was asked.': 'Ob niemand vom Mandanten gefragt wurde.',
    'What this organization asks of operators of the region who request access to it.':
      'Was diese Organisation von Betreibern der Region verlangt, die um Zugang bitten.',
    'How many people of the organization must approve an access request. Default: 1.':
      'Wie viele Personen der Organisation einer Zugangsanfrage zustimmen müssen. Vorgabe: 1.',
    'How long a session may last. Default: 480.': 'Wie lange eine Sitzung dauern darf. Vorgabe: 480.',
    'Whether two operators together may come in before anybody of the organization agreed. Default: Allowed, announced at once.':
      'Ob zwei Betreiber zusammen hineinkommen dürfen, bevor jemand der Organisation zugestimmt hat. Vorgabe: Allowed, sofort angekündigt.',
    'How many days recordings of operators’ terminals are kept. Shortening it counts for those that begin later. Default: 365.':
      'Wie viele Tage Aufzeichnungen von Terminals der Betreiber aufbewahrt werden. Eine Verkürzung gilt für die, die später beginnen. Vorgabe: 365.',
    'How many must approve.': 'Wie viele zustimmen müssen.',
    'How long at most.': 'Wie lange höchstens.',
    'Whether it may be.': 'Ob es sein darf.',
    'How many days they are kept.': 'Wie viele Tage sie aufbewahrt werden.',
    'Looks through who holds what, right by right: keep or revoke. Completing it carries the revocations out and plans the next one.':
      'Geht durch, wer was darf, Recht für Recht: behalten oder entziehen. Ihr Abschluss führt die Entzüge aus und plant die nächste.',
    'Whose rights: those of users and groups, or those of service accounts.':
      'Wessen Rechte: die von Benutzern und Gruppen, oder die von Dienstkonten.',
    'Only rights that are narrowed to this project.':
      'Nur Rechte, die auf dieses Projekt eingeschränkt sind.',
    'When it must be completed, RFC 3339. Default: 30 days after it was made.':
      'Bis wann sie abgeschlossen sein muss, RFC 3339. Vorgabe: 30 Tage nach dem Anlegen.',
    'Whether the next one is made when this is completed: after a year, of service accounts after a quarter.':
      'Ob die nächste angelegt wird, wenn diese abgeschlossen ist: nach einem Jahr, bei Dienstkonten nach einem Vierteljahr.',
    'When it must be completed.': 'Bis wann sie abgeschlossen sein muss.',
    'When what is held is written down, and deciding begins.':
      'Wann festgehalten wird, wer was hat, und das Entscheiden beginnt.',
    'Who held what when it opened.': 'Wer was hatte, als sie begann.',
    'The RoleBinding that gives it.': 'Die Rollenzuweisung, die es gibt.',
    'Of a group: who was in it.': 'Bei einer Gruppe: wer darin war.',
    'keep or revoke.': 'keep oder revoke.',
    'What became of a revocation: done; gone: it was taken away meanwhile; blocked: it is the last way in.':
      'Was aus einem Entzug wurde: done; gone: Das Recht wurde inzwischen genommen; blocked: Es ist der letzte Weg hinein.',
    'True: more is held than one review can hold.':
      'True: Es gibt mehr Rechte, als eine Prüfung fassen kann.',
    'SHA-256, in hexadecimal, of the canonical JSON (RFC 8785) of the items as decided.':
      'SHA-256, hexadezimal, des kanonischen JSON (RFC 8785) der Einträge, wie entschieden.',
    'The review that follows this one.': 'Die Prüfung, die auf diese folgt.',
    'Whose rights.': 'Wessen Rechte.',
    'Waiting, Open, Overdue or Completed.': 'Waiting, Open, Overdue oder Completed.',
    'Rights that nobody decided about yet.': 'Rechte, über die noch niemand entschieden hat.',
    'What an operator did in a terminal of this organization, recorded. Only its own people play it back.':
      'Was ein Betreiber in einem Terminal dieser Organisation getan hat, aufgezeichnet. Nur ihre eigenen Leute spielen es ab.',
    'The request that opened it.': 'Die Anfrage, die es geöffnet hat.',
    'Who sat there.': 'Wer davor saß.',
    'Where the terminal was.': 'Wo das Terminal war.',
    'What was run; empty: a shell.': 'Was ausgeführt wurde; leer: eine Shell.',
    'Until when it is kept at least, by the OperatorPolicy when it began; no later change shortens it.':
      'Bis wann sie mindestens aufbewahrt wird, nach der Regel für Betreiber zu ihrem Beginn; keine spätere Änderung verkürzt das.',
    'The request in the access log.': 'Die Anfrage im Zugriffsprotokoll.',
    'Incomplete: whatever recorded it broke off; what there is, is there.':
      'Incomplete: Die Aufzeichnung brach ab; was da ist, ist da.',
    'Pieces kept.': 'Aufbewahrte Teile.',
    'Of the whole asciicast.': 'Des ganzen Asciicasts.',
    'When something was last kept.': 'Wann zuletzt etwas aufbewahrt wurde.',
    'Digest of the asciicast as far as it is kept, in hex.':
      'Prüfsumme des Asciicasts, soweit er aufbewahrt ist, hexadezimal.',
    'Of the command.': 'Des Befehls.',
    'How it ended.': 'Wie es ausging.',
    'Where.': 'Wo.',
    'Whether it is whole.': 'Ob sie vollständig ist.',
    'How much.': 'Wie viel.',
    'What opened it.': 'Was es geöffnet hat.',
    'Digest.': 'Prüfsumme.',
  },
  values: {
    Active: 'Aktiv',
    read: 'Lesen',
    create: 'Anlegen',
    update: 'Ändern',
    delete: 'Löschen',
    use: 'Benutzen',
    User: 'Benutzer',
    Group: 'Gruppe',
    ServiceAccount: 'Dienstkonto',
    certificate: 'Zertifikat',
    Mon: 'Montag',
    Tue: 'Dienstag',
    Wed: 'Mittwoch',
    Thu: 'Donnerstag',
    Fri: 'Freitag',
    Sat: 'Samstag',
    Sun: 'Sonntag',
    project: 'Projekt',
    realm: 'Ganzer Bereich',
    get: 'Lesen',
    list: 'Auflisten',
    watch: 'Verfolgen',
    patch: 'Teilweise ändern',
    deletecollection: 'Mehrere löschen',
    '*': 'Alles',
    'tenant-request': 'Anfrage des Mandanten',
    support: 'Unterstützung',
    repair: 'Reparatur',
    'security-incident': 'Sicherheitsvorfall',
    'legal-order': 'Gesetzliche Anordnung',
    'end-of-use': 'Ende der Nutzung',
    other: 'Anderes',
    Carried: 'Übermittelt',
    Granted: 'Gewährt',
    Revoked: 'Widerrufen',
    Ended: 'Beendet',
    Allowed: 'Erlaubt',
    Forbidden: 'Verboten',
    people: 'Personen',
    'service-accounts': 'Dienstkonten',
    keep: 'Behalten',
    revoke: 'Entziehen',
    done: 'Erledigt',
    gone: 'Inzwischen weg',
    blocked: 'Gesperrt',
    Recording: 'Wird aufgezeichnet',
    Complete: 'Vollständig',
  },
};

/** What kinds of the group identity.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    disabled: 'Gesperrt',
    oidc: 'OpenID Connect',
    'client id': 'Client-Kennung',
    'client secret ref': 'Client-Geheimnis',
    scopes: 'Scopes',
    ca: 'Zertifizierungsstelle',
    saml: 'SAML',
    'entity id': 'EntityID',
    'sso url': 'Anmeldeadresse (SSO)',
    certificates: 'Zertifikate',
    mapping: 'Zuordnung',
    email: 'E-Mail-Adresse',
    'group prefix': 'Gruppenpräfix',
    'allowed domains': 'Erlaubte Domänen',
    'auto create users': 'Benutzer automatisch anlegen',
    'provisioned by': 'Gepflegt von',
    'metadata fetched at': 'Metadaten gelesen am',
    'redirect uris': 'Redirect-Adressen',
    'post logout redirect uris': 'Adressen nach dem Abmelden',
    public: 'Öffentlich',
    'secret generation': 'Generation des Geheimnisses',
    'backchannel logout uri': 'Abmeldeadresse (Back-Channel)',
    left: 'Übrig',
    'last used at': 'Zuletzt benutzt am',
    'last used': 'Zuletzt benutzt',
    'valid hours': 'Gültigkeit (Stunden)',
    'link digest': 'Prüfsumme des Links',
    'user uid': 'UID der Person',
    'linked at': 'Link angefordert am',
    locale: 'Sprache',
    'identity provider': 'Identitätsanbieter',
    'federated groups': 'Föderierte Gruppen',
    'last sign in at': 'Zuletzt angemeldet am',
    credentials: 'Anmeldemittel',
    passkeys: 'Passkeys',
    authenticator: 'Authenticator-App',
    'recovery codes': 'Wiederherstellungscodes',
    'signs in with': 'Meldet sich an mit',
    'last sign-in': 'Letzte Anmeldung',
    client: 'Client',
  },
  descriptions: {
    'An OpenID Connect provider or SAML 2.0 identity provider of your own that people sign in with. Whoever runs it can be any person linked to it. Deleting it lets nobody in with it any more.':
      'Ein eigener OpenID-Connect-Anbieter oder SAML-2.0-Identitätsanbieter, mit dem Menschen sich anmelden. Wer ihn betreibt, kann jede mit ihm verknüpfte Person sein. Wird er gelöscht, kommt niemand mehr mit ihm herein.',
    'What it speaks.': 'Was er spricht.',
    'What the sign-in page calls it.': 'Wie die Anmeldeseite ihn nennt.',
    'True: nobody signs in with it, and nothing connects to it.':
      'True: Niemand meldet sich mit ihm an, und nichts verbindet sich mit ihm.',
    'Where type is oidc.': 'Wenn type oidc ist.',
    'Its issuer, as its tokens say it; /.well-known/openid-configuration is below it.':
      'Der Issuer, wie seine Token ihn nennen; /.well-known/openid-configuration liegt darunter.',
    'What it knows us as.': 'Als was er uns kennt.',
    'The secret that we prove ourselves with. Absent: a public client, by PKCE alone.':
      'Das Geheimnis, mit dem wir uns ausweisen. Ohne Angabe: ein öffentlicher Client, nur mit PKCE.',
    'The project of the Secret.': 'Das Projekt des Geheimnisses.',
    'The name of the Secret.': 'Der Name des Geheimnisses.',
    'Which of its values.': 'Welcher seiner Werte.',
    'What is asked for; openid always.': 'Was angefragt wird; openid immer.',
    'Who certified its server, PEM. Absent: the authorities that this machine trusts.':
      'Wer seinen Server zertifiziert hat, PEM. Ohne Angabe: die Stellen, denen diese Maschine vertraut.',
    'Where type is saml. Assertions must be signed; responses may be too.':
      'Wenn type saml ist. Assertions müssen unterschrieben sein; Antworten dürfen es auch sein.',
    'Its entityID: who issues assertions.': 'Die entityID: wer Assertions ausstellt.',
    'Where browsers are sent to: its single sign-on service, HTTP-Redirect.':
      'Wohin Browser geschickt werden: sein Single-Sign-on-Dienst, HTTP-Redirect.',
    'What it signs with, PEM; two while it changes its key.':
      'Womit er unterschreibt, PEM; zwei, während er seinen Schlüssel wechselt.',
    'What its claims or attributes mean here.': 'Was seine Claims oder Attribute hier bedeuten.',
    'The claim or attribute that names a person for ever. Default: sub (OIDC), the persistent NameID (SAML).':
      'Der Claim oder das Attribut, das eine Person für immer benennt. Vorgabe: sub (OIDC), die dauerhafte NameID (SAML).',
    'The claim or attribute that becomes the name of a User made at their first sign-in: alice.ministry.example for alice@ministry.example.':
      'Der Claim oder das Attribut, das zum Namen eines User wird, der bei der ersten Anmeldung angelegt wird: alice.ministry.example für alice@ministry.example.',
    'What others see.': 'Was andere sehen.',
    'Where to reach them.': 'Wo die Person erreichbar ist.',
    'The claim or attribute that lists groups. Absent: none are taken.':
      'Der Claim oder das Attribut, das Gruppen auflistet. Ohne Angabe: keine werden übernommen.',
    'What stands before each of its groups here, "ministry.": no group made here may begin with it. Required for groups.':
      'Was hier vor jeder seiner Gruppen steht, "ministry.": Keine hier angelegte Gruppe darf so beginnen. Für Gruppen erforderlich.',
    'Only people whose email is in one of these may sign in.':
      'Nur Personen, deren E-Mail-Adresse in einer dieser Domänen liegt, dürfen sich anmelden.',
    'Makes a User at the first sign-in of somebody unknown, if their name is free and holds nothing yet. Otherwise only those who are linked to it already may sign in.':
      'Legt bei der ersten Anmeldung einer unbekannten Person einen User an, wenn der Name frei ist und noch nichts hat. Sonst dürfen sich nur die anmelden, die schon verknüpft sind.',
    'The SCIM client of the same directory: people that it makes are linked to this provider by their externalId.':
      'Der SCIM-Client desselben Verzeichnisses: Personen, die er anlegt, sind über ihre externalId mit diesem Anbieter verknüpft.',
    'The project of the service account.': 'Das Projekt des Dienstkontos.',
    'When its metadata was last read (OIDC).': 'Wann seine Metadaten zuletzt gelesen wurden (OIDC).',
    'On the sign-in page.': 'Auf der Anmeldeseite.',
    'Its issuer or entityID.': 'Sein Issuer oder seine entityID.',
    'An application that people of this realm sign in to with OpenID Connect. Its client_id is its name. It learns who they are, and can do nothing in their name here.':
      'Eine Anwendung, an der sich Personen dieses Bereichs mit OpenID Connect anmelden. Ihre client_id ist ihr Name. Sie erfährt, wer die Personen sind, und kann hier nichts in deren Namen tun.',
    'What people see when they sign in.': 'Was Menschen sehen, wenn sie sich anmelden.',
    'Where people are sent back to, compared letter by letter: https, or http on a loopback address (any port) for an application on their own machine.':
      'Wohin Menschen zurückgeschickt werden, Buchstabe für Buchstabe verglichen: https, oder http auf einer Loopback-Adresse (jeder Port) für eine Anwendung auf der eigenen Maschine.',
    'Where people may be sent after they signed out.':
      'Wohin Menschen nach dem Abmelden geschickt werden dürfen.',
    'True: it cannot keep a secret (a page, an app). False, the default: it proves itself with the secret that the action "secret" gives.':
      'True: Sie kann kein Geheimnis bewahren (eine Seite, eine App). False, die Vorgabe: Sie weist sich mit dem Geheimnis aus, das die Aktion "secret" gibt.',
    'Raise it to replace the secret at once.': 'Erhöhen Sie die Zahl, um das Geheimnis sofort zu ersetzen.',
    'An https address that is told when somebody’s sign-in ended (OpenID Connect Back-Channel Logout).':
      'Eine https-Adresse, die erfährt, wenn jemandes Anmeldung endet (OpenID Connect Back-Channel Logout).',
    'What people see.': 'Was Menschen sehen.',
    'Whether it has no secret.': 'Ob sie kein Geheimnis hat.',
    'Something that a User signs in with. Made on the sign-in pages only; what is secret in it nobody can read. Deleting it takes it away from its owner at once.':
      'Etwas, womit sich eine Person anmeldet. Wird nur auf den Anmeldeseiten angelegt; was daran geheim ist, kann niemand lesen. Wird es gelöscht, ist es dem Inhaber sofort genommen.',
    'The name of the User it belongs to.': 'Der Name der Person, der es gehört.',
    'passkey; password and totp, which only count together; recovery-codes, in place of totp.':
      'passkey; password und totp, die nur zusammen zählen; recovery-codes, anstelle von totp.',
    'What its owner calls it, "Blue key".': 'Wie der Inhaber es nennt, "Blauer Schlüssel".',
    'Of recovery codes: how many are left.': 'Bei Wiederherstellungscodes: wie viele übrig sind.',
    'When somebody last signed in with it.': 'Wann sich zuletzt jemand damit angemeldet hat.',
    'What proves it, encrypted under the realm’s key: of no use to whoever reads it.':
      'Was es beweist, mit dem Schlüssel des Bereichs verschlüsselt: nutzlos für alle, die es lesen.',
    'What its owner calls it.': 'Wie der Inhaber es nennt.',
    'When it was last used.': 'Wann es zuletzt benutzt wurde.',
    'People who hold roles together: a RoleBinding names it, its members hold the role.':
      'Personen, die Rollen gemeinsam haben: Eine Rollenzuweisung nennt die Gruppe, ihre Mitglieder haben die Rolle.',
    'Names of Users, each once. Who is removed as a User leaves every group.':
      'Namen von Personen, jeder einmal. Wer als User gelöscht wird, verlässt alle Gruppen.',
    'The SCIM client that may put the people it provisions into this group, whatever roles the group holds. Whoever sets it must hold them.':
      'Der SCIM-Client, der die von ihm gepflegten Personen in diese Gruppe aufnehmen darf, welche Rollen die Gruppe auch hat. Wer ihn setzt, muss diese Rollen haben.',
    'How many people are in it.': 'Wie viele Personen darin sind.',
    'Lets a User choose a passkey, or a password and an authenticator app, by a link that works once. What they had before is replaced.':
      'Lässt eine Person über einen einmaligen Link einen Passkey wählen, oder ein Passwort und eine Authenticator-App. Was sie vorher hatte, wird ersetzt.',
    'The name of the User who is invited.': 'Der Name der eingeladenen Person.',
    'How many hours its link works, from when this object was made; at most seven days.':
      'Wie viele Stunden der Link gilt, ab dem Anlegen dieses Objekts; höchstens sieben Tage.',
    'SHA-256 of the link’s secret, in base64url; the secret itself is nowhere.':
      'SHA-256 des Geheimnisses im Link, in base64url; das Geheimnis selbst ist nirgends.',
    'The uid of the User then: a later one of that name is not who was invited.':
      'Die uid der Person damals: Eine spätere desselben Namens ist nicht die eingeladene.',
    'When the link was asked for.': 'Wann der Link angefordert wurde.',
    'When the link was used: it works no more.': 'Wann der Link benutzt wurde: Er gilt nicht mehr.',
    'Who is invited.': 'Wer eingeladen ist.',
    'no link yet, open or used.': 'Noch kein Link, offen oder benutzt.',
    'When its link stops working.': 'Wann der Link nicht mehr gilt.',
    'A person of this realm. Invite them (Invitation) to let them choose what they sign in with. Deleting or disabling one ends at once everything they are signed in to; deleting one also takes their certificates and their name out of whatever names them.':
      'Eine Person dieses Bereichs. Laden Sie sie ein (Einladung), damit sie wählt, womit sie sich anmeldet. Sie zu löschen oder zu sperren beendet sofort alle ihre Anmeldungen; sie zu löschen nimmt auch ihre Zertifikate weg und ihren Namen aus allem, was sie nennt.',
    'What others see, "Alice Muller".': 'Was andere sehen, "Alice Muller".',
    'Where to reach them. Told to applications that they sign in to.':
      'Wo sie erreichbar ist. Wird Anwendungen mitgeteilt, an denen sie sich anmeldet.',
    'True: cannot sign in, and whatever they are signed in with is refused at once, their client certificates too.':
      'True: Sie kann sich nicht anmelden, und womit sie angemeldet ist, wird sofort abgewiesen, auch ihre Client-Zertifikate.',
    'The language they prefer.': 'Die Sprache, die sie bevorzugt.',
    'The IdentityProvider that says who they are. Absent: they sign in here, with Credentials.':
      'Der Identitätsanbieter, der sagt, wer sie ist. Ohne Angabe: Sie meldet sich hier an, mit Anmeldemitteln.',
    'What that provider calls them: the subject that it never gives to anybody else.':
      'Wie dieser Anbieter sie nennt: das Subject, das er nie jemand anderem gibt.',
    'The SCIM client that sees, changes and removes them. Absent: none does.':
      'Der SCIM-Client, der sie sieht, ändert und entfernt. Ohne Angabe: keiner.',
    'Groups that their identity provider put them into when they last signed in.':
      'Gruppen, in die ihr Identitätsanbieter sie bei der letzten Anmeldung aufgenommen hat.',
    'When they last signed in.': 'Wann sie sich zuletzt angemeldet hat.',
    'What they can sign in with. Never a secret.': 'Womit sie sich anmelden kann. Nie ein Geheimnis.',
    'Number of passkeys.': 'Anzahl der Passkeys.',
    'Whether they have a password.': 'Ob sie ein Passwort hat.',
    'Whether an authenticator app is set up.': 'Ob eine Authenticator-App eingerichtet ist.',
    'Recovery codes that were not used yet.': 'Noch nicht benutzte Wiederherstellungscodes.',
    'active or disabled.': 'Aktiv oder gesperrt.',
    'What they sign in with.': 'Womit sie sich anmeldet.',
    'When they last did.': 'Wann zuletzt.',
    'Somebody’s sign-in to one client. Its tokens count only while it lives: deleting it signs them out at once.':
      'Jemandes Anmeldung an einem Client. Ihre Token zählen nur, solange es sie gibt: Wird sie gelöscht, ist die Person sofort abgemeldet.',
    'The name of the User who signed in.': 'Der Name der Person, die sich angemeldet hat.',
    'The uid of that User: another of the same name is somebody else.':
      'Die uid dieser Person: Eine andere desselben Namens ist jemand anderes.',
    'How they proved who they are.': 'Wie sie sich ausgewiesen hat.',
    'What they signed in to: casemate-cli, casemate-console, or an OAuthClient.':
      'Woran sie sich angemeldet hat: casemate-cli, casemate-console oder ein OAuth-Client.',
    'When they proved it.': 'Wann sie sich ausgewiesen hat.',
    'Who signed in.': 'Wer sich angemeldet hat.',
  },
  values: {
    totp: 'Einmalcode (TOTP)',
    'recovery-codes': 'Wiederherstellungscodes',
    en: 'Englisch',
    de: 'Deutsch',
    fr: 'Französisch',
  },
};

/** What kinds of the group certificates.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    revoked: 'Widerrufen',
    validation: 'Validierung',
    'certificates max': 'Höchstzahl Zertifikate',
    thumbprint: 'Fingerabdruck des Schlüssels',
    contacts: 'Kontakte',
    'registered at': 'Registriert am',
    account: 'Konto',
    'key type': 'Schlüsselart',
    'revocation reason': 'Widerrufsgrund',
    'revoked at': 'Widerrufen am',
    cross: 'Kreuzzertifikat',
    transcript: 'Niederschrift',
    stage: 'Stufe',
    number: 'Nummer',
    'root fingerprint': 'Fingerabdruck der Wurzel',
    'transcript digest': 'Prüfsumme der Niederschrift',
  },
  descriptions: {
    'Leave for one ACME client (certbot, say) to get certificates for names of this project. The action eab gives what it registers with.':
      'Die Erlaubnis für einen ACME-Client (zum Beispiel certbot), Zertifikate für Namen dieses Projekts zu bekommen. Die Aktion eab gibt, womit er sich registriert.',
    'Names it may get certificates for, each <instance>.<network>.<project>.<organization>.internal in this project; * in place of the instance stands for any one of that network.':
      'Namen, für die er Zertifikate bekommen darf, jeder <instance>.<network>.<project>.<organization>.internal in diesem Projekt; * anstelle der Instanz steht für jede in diesem Netz.',
    'policy: this object is what authorizes, and the instance has to exist. http-01: the client also has to answer at the instance’s port 80, through a Forward that lets the region in.':
      'policy: Dieses Objekt selbst berechtigt, und die Instanz muss es geben. http-01: Der Client muss außerdem am Port 80 der Instanz antworten, über eine Weiterleitung, die die Region einlässt.',
    'How many days its certificates are valid.': 'Wie viele Tage seine Zertifikate gelten.',
    'How many certificates it may have that have not expired.':
      'Wie viele nicht abgelaufene Zertifikate er haben darf.',
    'pending: no client has bound its key yet. deactivated: the client gave it up, for good.':
      'pending: Noch kein Client hat seinen Schlüssel gebunden. deactivated: Der Client hat es aufgegeben, für immer.',
    'The client’s public key, as a JSON Web Key.': 'Der öffentliche Schlüssel des Clients, als JSON Web Key.',
    'Of that key (RFC 7638, SHA-256).': 'Dieses Schlüssels (RFC 7638, SHA-256).',
    'What the client gave as contacts.': 'Was der Client als Kontakte angegeben hat.',
    'When the client bound its key.': 'Wann der Client seinen Schlüssel gebunden hat.',
    'Whether a client has registered.': 'Ob sich ein Client registriert hat.',
    'What proves names.': 'Was Namen beweist.',
    'What it may get certificates for.': 'Wofür er Zertifikate bekommen darf.',
    'A certificate of the organization’s issuer, got over ACME. Deleting it revokes it at once.':
      'Ein Zertifikat des Ausstellers der Organisation, über ACME bezogen. Wird es gelöscht, ist es sofort widerrufen.',
    'The AcmeAccount it was issued to.': 'Das ACME-Konto, dem es ausgestellt wurde.',
    'Serial number in lower-case hex.': 'Seriennummer, hexadezimal in Kleinbuchstaben.',
    'Which of the organization’s issuers signed it.':
      'Welcher Aussteller der Organisation es unterschrieben hat.',
    'In PEM.': 'In PEM.',
    'Why it was revoked (RFC 5280, 5.3.1).': 'Warum es widerrufen wurde (RFC 5280, 5.3.1).',
    'Who got it.': 'Wer es bekommen hat.',
    'A certificate that was revoked and has not expired yet. It is on the list of its issuer.':
      'Ein widerrufenes Zertifikat, das noch nicht abgelaufen ist. Es steht auf der Liste seines Ausstellers.',
    'Which of the realm’s issuers signed it; 0 is the region’s root.':
      'Welcher Aussteller des Bereichs es unterschrieben hat; 0 ist die Wurzel der Region.',
    'When it would have expired.': 'Wann es abgelaufen wäre.',
    'What it was: <project>/<name>.': 'Was es war: <project>/<name>.',
    'An issuer of this region below a root that is kept offline: the request for it, what a ceremony answered, and how far clients have followed.':
      'Ein Aussteller dieser Region unter einer offline verwahrten Wurzel: die Anfrage dafür, was eine Zeremonie geantwortet hat, und wie weit Clients gefolgt sind.',
    'What the ceremony signed, in PEM.': 'Was die Zeremonie unterschrieben hat, in PEM.',
    'The offline root, in PEM.': 'Die Offline-Wurzel, in PEM.',
    'The offline root, vouched for by the offline root before it, in PEM: for clients that know only that one.':
      'Die Offline-Wurzel, von der vorigen Offline-Wurzel bestätigt, in PEM: für Clients, die nur jene kennen.',
    'Who did what in the ceremony, in words and digests. No secret.':
      'Wer in der Zeremonie was getan hat, in Worten und Prüfsummen. Kein Geheimnis.',
    'announced: clients are given its root beside the old one. active: it signs. alone: the old root is given to nobody any more.':
      'announced: Clients bekommen seine Wurzel neben der alten. active: Er unterschreibt. alone: Die alte Wurzel bekommt niemand mehr.',
    'What the ceremony is asked to sign; casemate ca request prints it.':
      'Was die Zeremonie unterschreiben soll; casemate ca request gibt es aus.',
    'Its number among the region’s issuers.': 'Die Nummer unter den Ausstellern der Region.',
    'The offline root, vouched for by the region’s own, in PEM.':
      'Die Offline-Wurzel, von der eigenen Wurzel der Region bestätigt, in PEM.',
    'When it ends; by then another ceremony has made the next one.':
      'Wann er endet; bis dahin hat eine andere Zeremonie den nächsten gemacht.',
    'SHA-256 of its certificate.': 'SHA-256 seines Zertifikats.',
    'SHA-256 of the offline root.': 'SHA-256 der Offline-Wurzel.',
    'SHA-256 of the transcript.': 'SHA-256 der Niederschrift.',
    'How far clients have followed.': 'Wie weit Clients gefolgt sind.',
    'Among the issuers.': 'Unter den Ausstellern.',
  },
  values: {
    pending: 'Ausstehend',
    valid: 'Gültig',
    deactivated: 'Aufgegeben',
    unspecified: 'Nicht angegeben',
    keyCompromise: 'Schlüssel kompromittiert',
    affiliationChanged: 'Zugehörigkeit geändert',
    superseded: 'Ersetzt',
    cessationOfOperation: 'Betrieb eingestellt',
    privilegeWithdrawn: 'Berechtigung entzogen',
    announced: 'Angekündigt',
    active: 'Aktiv',
    alone: 'Allein',
  },
};

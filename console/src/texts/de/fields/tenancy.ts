/** What kinds of the group tenancy.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    hard: 'Grenzen',
    used: 'Benutzt',
    'first administrator': 'Erste Administratorin',
    'realm uid': 'UID des Bereichs',
    ledger: 'Protokoll',
    administrator: 'Administration',
  },
  descriptions: {
    'How much a project may hold. A change that would exceed any quota of its project is refused; what is there already stays.':
      'Wie viel ein Projekt enthalten darf. Eine Änderung, die ein Kontingent ihres Projekts überschreiten würde, wird abgewiesen; was schon da ist, bleibt.',
    'Limits by resource: instances (instances, running or not), cpu (virtual CPUs of all instances), memory (memory of all instances), storage (disks of all instances, and all volumes), volumes (volumes), snapshots (snapshots of instances and of volumes), networks (networks), forwards (ports of the region that lead to instances); or count/<resource> for the number of objects, such as count/secrets.':
      'Grenzen nach Ressource: instances (Instanzen, laufend oder nicht), cpu (virtuelle CPUs aller Instanzen), memory (Arbeitsspeicher aller Instanzen), storage (Festplatten aller Instanzen, und alle Datenträger), volumes (Datenträger), snapshots (Snapshots von Instanzen und von Datenträgern), networks (Netze), forwards (Ports der Region, die zu Instanzen führen); oder count/<resource> für die Zahl der Objekte, zum Beispiel count/secrets.',
    'The most that the project may hold. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Wie viel das Projekt höchstens enthalten darf. Eine Menge wie 2, 500m, 2Gi oder 1.5G.',
    'The limits in force.': 'Die geltenden Grenzen.',
    'What the project holds now. It follows within a second or so; the limits themselves are exact.':
      'Was das Projekt jetzt enthält. Folgt innerhalb etwa einer Sekunde; die Grenzen selbst sind genau.',
    'What is used of each limit.': 'Was von jeder Grenze benutzt ist.',
    'A tenant of the region: an API, a ledger and keys of its own at /orgs/<name>, which no operator’s credential opens.':
      'Ein Mandant der Region: eine eigene API, ein eigenes Protokoll und eigene Schlüssel unter /orgs/<name>, die kein Anmeldemittel eines Betreibers öffnet.',
    'What people call it, for example "Ministry of Finance".':
      'Wie man sie nennt, zum Beispiel "Finanzministerium".',
    'Whoever is let in first; they let in all others. It cannot change: the region makes no second credential.':
      'Wer zuerst eingelassen wird; diese Person lässt alle anderen ein. Lässt sich nicht ändern: Die Region macht kein zweites Anmeldemittel.',
    'Who administers the organization first, such as "alice".':
      'Wer die Organisation zuerst verwaltet, zum Beispiel "alice".',
    'Their PKCS#10 signing request in PEM. The private key stays with them.':
      'Die PKCS#10-Zertifikatsanfrage in PEM. Der private Schlüssel bleibt bei der Person.',
    'Where its API is, under the region’s address: /orgs/<name>.':
      'Wo ihre API ist, unter der Adresse der Region: /orgs/<name>.',
    'Identity of its realm: one made anew has another.':
      'Identität ihres Bereichs: Eine neu angelegte hat eine andere.',
    'The key (C2SP vkey) that verifies the log of its changes.':
      'Der Schlüssel (C2SP-vkey), der das Protokoll ihrer Änderungen prüft.',
    'The key (C2SP vkey) that verifies the log of access to it.':
      'Der Schlüssel (C2SP-vkey), der das Protokoll der Zugriffe darauf prüft.',
    'What the first administrator signs in with, together with their private key.':
      'Womit sich die erste Administratorin anmeldet, zusammen mit dem privaten Schlüssel.',
    'The certificate that answers the request, in PEM.':
      'Das Zertifikat, das auf die Anfrage antwortet, in PEM.',
    'What people call it.': 'Wie man sie nennt.',
    'Who was let in first.': 'Wer zuerst eingelassen wurde.',
    'Where its API is.': 'Wo ihre API ist.',
  },
  values: {},
};

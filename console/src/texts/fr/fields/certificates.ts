/** What kinds of the group certificates.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    revoked: 'Révoqué',
    validation: 'Validation',
    'certificates max': 'Nombre maximal de certificats',
    thumbprint: 'Empreinte de la clé',
    contacts: 'Contacts',
    'registered at': 'Enregistré le',
    account: 'Compte',
    'key type': 'Type de clé',
    'revocation reason': 'Motif de révocation',
    'revoked at': 'Révoqué le',
    cross: 'Certificat croisé',
    transcript: 'Procès-verbal',
    stage: 'Étape',
    number: 'Numéro',
    'root fingerprint': 'Empreinte de la racine',
    'transcript digest': 'Empreinte du procès-verbal',
  },
  descriptions: {
    'Leave for one ACME client (certbot, say) to get certificates for names of this project. The action eab gives what it registers with.':
      'L’autorisation, pour un client ACME (certbot, par exemple), d’obtenir des certificats pour des noms de ce projet. L’action eab donne ce avec quoi il s’enregistre.',
    'Names it may get certificates for, each <instance>.<network>.<project>.<organization>.internal in this project; * in place of the instance stands for any one of that network.':
      'Noms pour lesquels il peut obtenir des certificats, chacun <instance>.<network>.<project>.<organization>.internal dans ce projet ; * à la place de l’instance vaut pour toutes celles de ce réseau.',
    'policy: this object is what authorizes, and the instance has to exist. http-01: the client also has to answer at the instance’s port 80, through a Forward that lets the region in.':
      'policy : c’est cet objet qui autorise, et l’instance doit exister. http-01 : le client doit aussi répondre au port 80 de l’instance, par une redirection qui laisse entrer la région.',
    'How many days its certificates are valid.': 'Pendant combien de jours ses certificats sont valides.',
    'How many certificates it may have that have not expired.':
      'Combien de certificats non expirés il peut avoir.',
    'pending: no client has bound its key yet. deactivated: the client gave it up, for good.':
      'pending : aucun client n’a encore lié sa clé. deactivated : le client y a renoncé, pour toujours.',
    'The client’s public key, as a JSON Web Key.': 'La clé publique du client, comme clé Web JSON (JWK).',
    'Of that key (RFC 7638, SHA-256).': 'De cette clé (RFC 7638, SHA-256).',
    'What the client gave as contacts.': 'Ce que le client a donné comme contacts.',
    'When the client bound its key.': 'Quand le client a lié sa clé.',
    'Whether a client has registered.': 'Si un client s’est enregistré.',
    'What proves names.': 'Ce qui prouve les noms.',
    'What it may get certificates for.': 'Pour quoi il peut obtenir des certificats.',
    'A certificate of the organization’s issuer, got over ACME. Deleting it revokes it at once.':
      'Un certificat de l’autorité de l’organisation, obtenu par ACME. Le supprimer le révoque aussitôt.',
    'The AcmeAccount it was issued to.': 'Le compte ACME à qui il a été délivré.',
    'Serial number in lower-case hex.': 'Numéro de série, en hexadécimal minuscule.',
    'Which of the organization’s issuers signed it.': 'Laquelle des autorités de l’organisation l’a signé.',
    'In PEM.': 'En PEM.',
    'Why it was revoked (RFC 5280, 5.3.1).': 'Pourquoi il a été révoqué (RFC 5280, 5.3.1).',
    'Who got it.': 'Qui l’a obtenu.',
    'A certificate that was revoked and has not expired yet. It is on the list of its issuer.':
      'Un certificat révoqué qui n’a pas encore expiré. Il figure sur la liste de son autorité.',
    'Which of the realm’s issuers signed it; 0 is the region’s root.':
      'Laquelle des autorités du domaine l’a signé ; 0 est la racine de la région.',
    'When it would have expired.': 'Quand il aurait expiré.',
    'What it was: <project>/<name>.': 'Ce que c’était : <project>/<name>.',
    'An issuer of this region below a root that is kept offline: the request for it, what a ceremony answered, and how far clients have followed.':
      'Une autorité de cette région sous une racine gardée hors ligne : sa demande, ce qu’une cérémonie y a répondu, et jusqu’où les clients ont suivi.',
    'What the ceremony signed, in PEM.': 'Ce que la cérémonie a signé, en PEM.',
    'The offline root, in PEM.': 'La racine hors ligne, en PEM.',
    'The offline root, vouched for by the offline root before it, in PEM: for clients that know only that one.':
      'La racine hors ligne, attestée par la racine hors ligne précédente, en PEM : pour les clients qui ne connaissent que celle-là.',
    'Who did what in the ceremony, in words and digests. No secret.':
      'Qui a fait quoi pendant la cérémonie, en mots et en empreintes. Aucun secret.',
    'announced: clients are given its root beside the old one. active: it signs. alone: the old root is given to nobody any more.':
      'announced : les clients reçoivent sa racine à côté de l’ancienne. active : elle signe. alone : l’ancienne racine n’est plus donnée à personne.',
    'What the ceremony is asked to sign; casemate ca request prints it.':
      'Ce que la cérémonie est invitée à signer ; casemate ca request l’affiche.',
    'Its number among the region’s issuers.': 'Son numéro parmi les autorités de la région.',
    'The offline root, vouched for by the region’s own, in PEM.':
      'La racine hors ligne, attestée par celle de la région, en PEM.',
    'When it ends; by then another ceremony has made the next one.':
      'Quand elle prend fin ; d’ici là une autre cérémonie a fait la suivante.',
    'SHA-256 of its certificate.': 'SHA-256 de son certificat.',
    'SHA-256 of the offline root.': 'SHA-256 de la racine hors ligne.',
    'SHA-256 of the transcript.': 'SHA-256 du procès-verbal.',
    'How far clients have followed.': 'Jusqu’où les clients ont suivi.',
    'Among the issuers.': 'Parmi les autorités.',
  },
  values: {
    pending: 'En attente',
    valid: 'Valide',
    deactivated: 'Abandonné',
    unspecified: 'Non précisé',
    keyCompromise: 'Clé compromise',
    affiliationChanged: 'Changement d’affiliation',
    superseded: 'Remplacé',
    cessationOfOperation: 'Cessation d’activité',
    privilegeWithdrawn: 'Droit retiré',
    announced: 'Annoncée',
    active: 'Active',
    alone: 'Seule',
  },
};

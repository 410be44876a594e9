/** What kinds of the group objects.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    'access key id': 'Identifiant de la clé d’accès',
    'holder uid': 'Uid du détenteur',
    'issued at': 'Délivrée le',
    holder: 'Détenteur',
    versioning: 'Gestion des versions',
    'object lock': 'Verrouillage d’objets',
    enabled: 'Activé',
    'default retention': 'Conservation par défaut',
    mode: 'Mode',
    years: 'Années',
    lifecycle: 'Cycle de vie',
    filter: 'Filtre',
    tags: 'Étiquettes (tags)',
    'size greater than': 'Taille supérieure à',
    'size less than': 'Taille inférieure à',
    expiration: 'Expiration',
    date: 'Date',
    'expired object delete marker': 'Marqueurs de suppression expirés',
    'noncurrent version expiration': 'Expiration des versions non actuelles',
    'noncurrent days': 'Jours depuis le remplacement',
    'newer noncurrent versions': 'Versions non actuelles gardées',
    'abort incomplete multipart upload': 'Abandon des envois inachevés',
    'days after initiation': 'Jours depuis le début',
    cors: 'CORS',
    'allowed origins': 'Origines autorisées',
    'allowed methods': 'Méthodes autorisées',
    'allowed headers': 'En-têtes autorisés',
    'expose headers': 'En-têtes exposés',
    'max age seconds': 'Durée en cache (secondes)',
    policy: 'Politique',
    'public access block': 'Blocage des accès publics',
    'block public acls': 'Refuser les ACL publiques',
    'ignore public acls': 'Ignorer les ACL publiques',
    'block public policy': 'Refuser les politiques publiques',
    'restrict public buckets': 'Restreindre les compartiments publics',
    quota: 'Quota',
    objects: 'Objets',
    logging: 'Journalisation',
    'target bucket': 'Compartiment cible',
    inventory: 'Inventaires',
    'included object versions': 'Versions incluses',
    'optional fields': 'Colonnes facultatives',
    'key version': 'Version de la clé',
    usage: 'Utilisation',
    'observed at': 'Observé le',
    damaged: 'Endommagés',
    'found at': 'Trouvé le',
  },
  descriptions: {
    'What S3 clients sign with: an id and a secret of one person or one service account. The secret is given out once, by `casemate access-key create` or the action issue. Deleting it, or whoever it belongs to, ends it at once. Buckets that it makes belong to its project.':
      'Ce qui sert aux clients S3 à signer : un identifiant et un secret d’une personne ou d’un compte de service. Le secret est donné une seule fois, par `casemate access-key create` ou l’action issue. La supprimer, ou supprimer qui la détient, y met fin aussitôt. Les compartiments qu’elle crée appartiennent à son projet.',
    'Whose it is: a person, who makes it for themselves. This or serviceAccount.':
      'À qui elle est : une personne, qui la crée pour elle-même. Ce champ ou serviceAccount.',
    'Whose it is: a service account of the project, made by whoever may have its tokens.':
      'À qui elle est : un compte de service du projet ; créée par qui peut avoir ses jetons.',
    'When it ends by itself, such as 2027-01-31T00:00:00Z. Absent: never.':
      'Quand elle prend fin d’elle-même, par exemple 2027-01-31T00:00:00Z. Absent : jamais.',
    'Less than whoever it belongs to may do. Absent: all of it.':
      'Moins que ce que peut faire qui la détient. Absent : tout.',
    'Only these buckets.': 'Seulement ces compartiments.',
    'Only reading and listing.': 'Seulement lire et lister.',
    'What clients name it by.': 'Le nom que lui donnent les clients.',
    'Uid of whoever it belongs to: somebody else of that name has nothing of it. Empty: a person without a User.':
      'Uid de qui la détient : quelqu’un d’autre du même nom n’en a rien. Vide : une personne sans objet User.',
    'When the secret was given out.': 'Quand le secret a été donné.',
    'A place for objects, reached by the S3 protocol with an AccessKey. Its name is unique in the organization. It cannot be deleted while it holds anything.':
      'Un lieu pour des objets, atteint par le protocole S3 avec une clé d’accès. Son nom est unique dans l’organisation. Il ne peut pas être supprimé tant qu’il contient quelque chose.',
    'Whether a write keeps what was there before. Once enabled it can be suspended, never off again.':
      'Si une écriture garde ce qui était là avant. Une fois activée, la gestion des versions peut être suspendue, jamais désactivée.',
    'Write once, read many.': 'Écrire une fois, lire plusieurs fois.',
    'Whether objects can be locked. It takes versioning, and never goes away again.':
      'Si les objets peuvent être verrouillés. Requiert la gestion des versions, et ne disparaît plus jamais.',
    'How new versions are locked that say nothing of it.':
      'Comment sont verrouillées les nouvelles versions qui n’en disent rien.',
    'GOVERNANCE: whoever may update buckets/governance can pass over it. COMPLIANCE: nobody, until it is over.':
      'GOVERNANCE : qui peut modifier buckets/governance peut passer outre. COMPLIANCE : personne, jusqu’à l’échéance.',
    'For so many days. This or years.': 'Durée en jours. Ce champ ou years.',
    'For so many years. This or days.': 'Durée en années. Ce champ ou days.',
    'What is removed by itself. A lock holds against it.':
      'Ce qui est supprimé automatiquement. Un verrou y résiste.',
    'What the rule is called.': 'Comment s’appelle la règle.',
    'What it is about: all of it must hold. Absent: every object.':
      'Ce qu’elle concerne : tout doit être vrai. Absent : chaque objet.',
    'Of keys.': 'Des clés.',
    'All of these.': 'Toutes celles-ci.',
    'In bytes.': 'En octets.',
    'When the current version goes: exactly one of these.':
      'Quand disparaît la version actuelle : exactement l’un de ceux-ci.',
    'So long after it was written.': 'Nombre de jours après son écriture.',
    'From this midnight on.': 'À partir de ce minuit.',
    'Removes delete markers that nothing is left behind.':
      'Retire les marqueurs de suppression derrière lesquels il ne reste rien.',
    'When versions that are not current go.': 'Quand disparaissent les versions qui ne sont plus actuelles.',
    'So long after another version took its place.':
      'Nombre de jours après qu’une autre version a pris leur place.',
    'So many stay in any case.': 'Nombre conservé dans tous les cas.',
    'When uploads go that nobody completed.': 'Quand disparaissent les envois que personne n’a achevés.',
    'So long after they began.': 'Nombre de jours après leur début.',
    'Which web pages of other origins may use it. The first rule that fits counts.':
      'Quelles pages web d’autres origines peuvent l’utiliser. La première règle qui convient compte.',
    'https://app.example; at most one * in each.': 'https://app.example ; au plus un * dans chacune.',
    'What such pages may do.': 'Ce que peuvent faire ces pages.',
    'Headers that they may send; at most one * in each.':
      'En-têtes qu’elles peuvent envoyer ; au plus un * dans chacun.',
    'Headers of answers that they may read.': 'En-têtes des réponses qu’elles peuvent lire.',
    'How long a browser may remember this.': 'Combien de temps un navigateur peut s’en souvenir.',
    'A bucket policy of S3 (JSON, Version 2012-10-17): refuses more than roles do, or opens to others of the organization.':
      'Une politique de compartiment S3 (JSON, Version 2012-10-17) : refuse plus que ne font les rôles, ou ouvre à d’autres de l’organisation.',
    'What stands against opening to everybody; all of it, unless it is taken away.':
      'Ce qui s’oppose à l’ouverture à tous ; tout, sauf ce qui en est retiré.',
    'ACLs that open to everybody are refused.': 'Les ACL qui ouvrent à tous sont refusées.',
    'Those that are there open nothing.': 'Celles qui existent n’ouvrent rien.',
    'Policies that open to everybody are refused.': 'Les politiques qui ouvrent à tous sont refusées.',
    'Those that are there open nothing to who is not of the organization.':
      'Celles qui existent n’ouvrent rien à qui n’est pas de l’organisation.',
    'The most that it may hold.': 'Le maximum qu’il peut contenir.',
    'All versions together, as clients sent them. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Toutes les versions ensemble, telles que les clients les ont envoyées. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'Versions.': 'Versions.',
    'A Key of the project (purpose encrypt or wrap) that holds the bucket’s own key: without it nothing of the bucket can be read. Another one is used for what is written from then on.':
      'Une clé du projet (usage encrypt ou wrap) qui protège la clé propre du compartiment : sans elle, rien du compartiment ne peut être lu. Une autre est utilisée pour ce qui est écrit dès lors.',
    'Tags of the bucket, as S3 has them.': 'Étiquettes du compartiment, au sens de S3.',
    'Where records of access are put as objects, beside the access log, which has them in any case.':
      'Où les traces d’accès sont déposées comme objets, en plus du journal d’accès, qui les a dans tous les cas.',
    'Another bucket of the project.': 'Un autre compartiment du projet.',
    'What keys of records begin with.': 'Par quoi commencent les clés des traces.',
    'Reports of what it holds, by what they are called: CSV files with a manifest, as S3 has them.':
      'Rapports sur ce qu’il contient, par leur nom : des fichiers CSV avec un manifeste, au sens de S3.',
    'A bucket of the project; this one too.': 'Un compartiment du projet ; celui-ci aussi.',
    'What keys of reports begin with.': 'Par quoi commencent les clés des rapports.',
    'What it is about. Absent: every object.': 'Ce qu’il concerne. Absent : chaque objet.',
    'All: noncurrent versions and delete markers as well.':
      'All : aussi les versions non actuelles et les marqueurs de suppression.',
    'How often it is made.': 'À quelle fréquence il est fait.',
    'Columns beside bucket and key.': 'Colonnes en plus du compartiment et de la clé.',
    'Where S3 clients find it, path-style.': 'Où les clients S3 le trouvent, en style chemin.',
    'The version of its own key that is used.': 'La version de sa propre clé qui est utilisée.',
    'The Key that holds that version. Absent: the organization’s.':
      'La clé qui protège cette version. Absent : celle de l’organisation.',
    'What it holds. It follows within a minute or so.': 'Ce qu’il contient. Suit à une minute près environ.',
    'All versions together, as clients sent them.':
      'Toutes les versions ensemble, telles que les clients les ont envoyées.',
    'Versions, uploads that are not complete among them.': 'Versions, y compris les envois inachevés.',
    'When it was so.': 'Quand il en était ainsi.',
    'Objects that the disk no longer has as they were written, the first hundred. They are not given out.':
      'Objets que le disque n’a plus tels qu’ils ont été écrits, les cent premiers. Ils ne sont pas délivrés.',
    'off, enabled or suspended.': 'off, enabled ou suspended.',
    'Versions that it holds.': 'Versions qu’il contient.',
    'Bytes that it holds.': 'Octets qu’il contient.',
    'The Key that holds its own.': 'La clé qui protège la sienne.',
  },
  values: {
    enabled: 'Activée',
    suspended: 'Suspendue',
    GOVERNANCE: 'Gouvernance',
    COMPLIANCE: 'Conformité',
    All: 'Toutes',
    Current: 'Actuelles',
    Daily: 'Chaque jour',
    Weekly: 'Chaque semaine',
    Size: 'Taille',
    LastModifiedDate: 'Dernière modification',
    StorageClass: 'Classe de stockage',
    IsMultipartUploaded: 'Envoi en plusieurs parties',
    ReplicationStatus: 'État de la réplication',
    EncryptionStatus: 'État du chiffrement',
    ObjectLockRetainUntilDate: 'Verrouillé jusqu’au',
    ObjectLockMode: 'Mode du verrou',
    ObjectLockLegalHoldStatus: 'Conservation légale',
    IntelligentTieringAccessTier: 'Niveau d’accès',
    BucketKeyStatus: 'État de la clé du compartiment',
    ChecksumAlgorithm: 'Algorithme de somme de contrôle',
  },
};

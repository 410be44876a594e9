/** What kinds of the group access.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    from: 'De',
    verbs: 'Verbes',
    resources: 'Ressources',
    projects: 'Projets',
    except: 'Sauf',
    'break glass': 'Accès d’urgence',
    when: 'Quand',
    'address in': 'Adresse dans',
    'address not in': 'Adresse hors de',
    'strength in': 'Force parmi',
    'strength not in': 'Force hors de',
    'time in': 'Heures comprises',
    'time zone': 'Fuseau horaire',
    windows: 'Plages horaires',
    'time not in': 'Heures exclues',
    role: 'Rôle',
    description: 'Description',
    resource: 'Ressource',
    transition: 'Transition',
    'sole operator': 'Opérateur unique',
    'reason code': 'Code de motif',
    'duration minutes': 'Durée (minutes)',
    'approved by': 'Approuvé par',
    consent: 'Accord',
    'carried as': 'Transmise sous le nom',
    'granted at': 'Accordée le',
    'ends at': 'Prend fin le',
    'ended at': 'Terminée le',
    'ended by': 'Terminée par',
    ends: 'Fin',
    'session minutes max': 'Durée maximale d’une session (minutes)',
    'recordings days': 'Enregistrements (jours)',
    minutes: 'Minutes',
    recordings: 'Enregistrements',
    due: 'Échéance',
    repeat: 'Répéter',
    opens: 'Ouverture',
    binding: 'Attribution',
    'binding uid': 'Uid de l’attribution',
    'decided by': 'Décidé par',
    'decided at': 'Décidé le',
    incomplete: 'Incomplète',
    'completed by': 'Achevée par',
    'completed at': 'Achevée le',
    kept: 'Gardés',
    undecided: 'Non décidés',
    'access request': 'Demande d’accès',
    command: 'Commande',
    'kept until': 'Gardé jusqu’au',
    'request id': 'Identifiant de la requête',
    chunks: 'Morceaux',
    'last at': 'Dernier ajout le',
    'exit code': 'Code de sortie',
    'sha-256': 'SHA-256',
  },
  descriptions: {
    'Forbids something whatever roles somebody holds: by label, network of origin, strength of sign-in, or time. It never allows anything. Effective at once; so is deleting it.':
      'Interdit quelque chose quels que soient les rôles de la personne : selon une étiquette, le réseau d’origine, la force de l’authentification ou l’heure. N’autorise jamais rien. Effet immédiat ; sa suppression aussi.',
    'What whoever is refused is told: why, and what they can do.':
      'Ce qui est dit à qui est refusé : pourquoi, et que faire.',
    'read: get, list and watch. create. update: in every way. delete: one or many. use: subresources such as terminals, logs and actions. Absent: all of these.':
      'read : get, list et watch. create. update : de toutes les façons. delete : un ou plusieurs. use : sous-ressources comme les terminaux, les journaux et les actions. Absent : tout cela.',
    'To what: instances.compute.casemate.internal; instances.compute.casemate.internal/exec for one subresource; *.compute.casemate.internal for all of a group; * for everything.':
      'Sur quoi : instances.compute.casemate.internal ; instances.compute.casemate.internal/exec pour une sous-ressource ; *.compute.casemate.internal pour tout un groupe ; * pour tout.',
    'In which projects; absent: everywhere.': 'Dans quels projets ; absent : partout.',
    'To whom; absent: everybody.': 'À qui ; absent : à tous.',
    'User, Group or ServiceAccount.': 'User, Group ou ServiceAccount.',
    'As its User, Group or ServiceAccount is named, or as in a ClientCertificate’s spec.user or spec.groups.':
      'Tel que son User, Group ou ServiceAccount se nomme, ou comme dans spec.user ou spec.groups d’un certificat client.',
    'Of a service account: the project it belongs to.':
      'D’un compte de service : le projet auquel il appartient.',
    'To whom not.': 'À qui cela ne s’applique pas.',
    'Who may change and delete guardrails in spite of this one.':
      'Qui peut modifier et supprimer des garde-fous malgré celui-ci.',
    'Only where all of these hold; absent: always.':
      'Seulement là où tout ceci est vrai ; absent : toujours.',
    'The object carries all of these. What is asked of many objects at once (list, watch, deletecollection) counts as if one of them did.':
      'L’objet porte toutes celles-ci. Ce qui est demandé à de nombreux objets à la fois (list, watch, deletecollection) compte comme si l’un d’eux les portait.',
    'The client’s address is in one of these networks, 10.0.0.0/8.':
      'L’adresse du client est dans l’un de ces réseaux, 10.0.0.0/8.',
    'The client’s address is in none of these networks, or not known.':
      'L’adresse du client n’est dans aucun de ces réseaux, ou n’est pas connue.',
    'They proved who they are by none of these, or nobody knows how.':
      'L’identité n’a été prouvée par aucun de ceux-ci, ou personne ne sait comment.',
    'Hours of the week.': 'Heures de la semaine.',
    'The zone that the hours are in, Europe/Luxembourg.':
      'Le fuseau horaire de ces heures, Europe/Luxembourg.',
    'On which days it begins.': 'Les jours où cela commence.',
    '08:30': '08:30',
    'When it ends; no later than `from`: on the day after.':
      'Quand cela finit ; pas plus tard que `from` : le lendemain.',
    'From when on, RFC 3339; absent: at once. Counts to the minute.':
      'À partir de quand, RFC 3339 ; absent : tout de suite. Compte à la minute.',
    'Until when, RFC 3339; absent: until it is deleted.':
      'Jusqu’à quand, RFC 3339 ; absent : jusqu’à sa suppression.',
    'What it forbids.': 'Ce qu’il interdit.',
    'Under which conditions.': 'Sous quelles conditions.',
    'What whoever is refused is told.': 'Ce qui est dit à qui est refusé.',
    'Gives a role to users, groups and service accounts of this realm, in one project or in all. Effective at once; so is deleting it.':
      'Donne un rôle à des utilisateurs, des groupes et des comptes de service de ce domaine, dans un projet ou dans tous. Effet immédiat ; sa suppression aussi.',
    'A Role of this realm, or a built-in one. In the region: region-operator, region-auditor, region-security. In an organization: organization-admin, organization-auditor, security-officer, key-custodian, project-editor, project-viewer.':
      'Un rôle de ce domaine, ou un rôle prédéfini. Dans la région : region-operator, region-auditor, region-security. Dans une organisation : organization-admin, organization-auditor, security-officer, key-custodian, project-editor, project-viewer.',
    'The one project that the binding covers, for roles that can be narrowed; absent: every project.':
      'Le seul projet que couvre l’attribution, pour les rôles qui peuvent être restreints ; absent : tous les projets.',
    'Who holds the role.': 'Qui tient le rôle.',
    'The role.': 'Le rôle.',
    'The project it covers; * for all.': 'Le projet couvert ; * pour tous.',
    'A role of your own: rules that say which verbs on which resources it opens. Give it with a RoleBinding. It cannot open more than its author holds.':
      'Un rôle à vous : des règles qui disent quels verbes sur quelles ressources il ouvre. Donnez-le par une attribution de rôle. Il ne peut pas ouvrir plus que ce que détient son auteur.',
    'Whom it is for, in words for whoever binds or reviews it.':
      'Pour qui il est, en mots pour qui l’attribue ou le revoit.',
    'project: opens what is in projects, and a binding may narrow it to one. realm: opens also what belongs to no project; a binding always covers everything.':
      'project : ouvre ce qui est dans les projets, et une attribution peut le restreindre à un seul. realm : ouvre aussi ce qui n’est d’aucun projet ; une attribution couvre toujours tout.',
    'What it opens: everything that one of its rules does.':
      'Ce qu’il ouvre : tout ce qu’ouvre l’une de ses règles.',
    'What may be done; * for everything.': 'Ce qui peut être fait ; * pour tout.',
    'To what: instances.compute.casemate.internal; instances.compute.casemate.internal/exec for a subresource (/* for all); *.compute.casemate.internal for all of a group; * for all. Secrets and subresources are only opened by name.':
      'Sur quoi : instances.compute.casemate.internal ; instances.compute.casemate.internal/exec pour une sous-ressource (/* pour toutes) ; *.compute.casemate.internal pour tout un groupe ; * pour tout. Les secrets et les sous-ressources ne s’ouvrent que par leur nom.',
    'project or realm.': 'project ou realm.',
    'What its rules are about.': 'Sur quoi portent ses règles.',
    'Whom it is for.': 'Pour qui il est.',
    'Asks for more approvals than kinds do by themselves. Asking for fewer takes its deletion, which takes the approvals it asks for.':
      'Demande plus d’approbations que les types n’en demandent d’eux-mêmes. Pour en demander moins il faut la supprimer, ce qui requiert les approbations qu’elle demande.',
    'What takes more approvals than its kind asks for.':
      'Ce qui requiert plus d’approbations que n’en demande son type.',
    'Which resource, such as keys.keys.casemate.internal; *: every one.':
      'Quelle ressource, par exemple keys.keys.casemate.internal ; * : toutes.',
    'Which transition; absent: every one.': 'Quelle transition ; absent : toutes.',
    'In the region only, and written on its host only: its one operator, who needs no approval as long as there is nobody else to give it.':
      'Dans la région seulement, et écrit seulement sur son hôte : son unique opérateur, qui se passe d’approbation tant qu’il n’y a personne d’autre pour la donner.',
    'What takes how many.': 'Ce qui en requiert combien.',
    'Who runs the region alone.': 'Qui exploite seul la région.',
    'Asks other people of this realm to agree to one change that nobody may make alone. Approved, it allows whoever asked to make that change once.':
      'Demande à d’autres personnes de ce domaine de consentir à un changement que personne ne peut faire seul. Approuvée, elle permet au demandeur de le faire une fois.',
    'The object that is to be changed.': 'L’objet à modifier.',
    'The resource, such as organizations.tenancy.casemate.internal.':
      'La ressource, par exemple organizations.tenancy.casemate.internal.',
    'Its metadata.uid: another object of the same name takes another request.':
      'Son metadata.uid : un autre objet du même nom requiert une autre demande.',
    'What is to be done to it: delete, or a word of its kind.':
      'Ce qu’il faut en faire : delete, ou un mot de son type.',
    'Why, in a word: tenant-request, support, repair, security-incident, legal-order, end-of-use or other.':
      'Pourquoi, en un mot : tenant-request, support, repair, security-incident, legal-order, end-of-use ou other.',
    'Why, in a sentence that whoever approves can judge: a ticket, an order, what is broken.':
      'Pourquoi, en une phrase dont peut juger qui approuve : un ticket, un ordre, ce qui est en panne.',
    'Until when it may be approved and used, at most 7 days after it was made (RFC 3339).':
      'Jusqu’à quand elle peut être approuvée et utilisée, au plus 7 jours après sa création (RFC 3339).',
    'What became of it.': 'Ce qu’elle est devenue.',
    'How many people other than who asks must approve, as last counted.':
      'Combien de personnes autres que le demandeur doivent approuver, au dernier décompte.',
    'When the change was made that it was for.': 'Quand a été fait le changement pour lequel elle existait.',
    'What is to be done.': 'Ce qui est à faire.',
    'To which object.': 'À quel objet.',
    'Until when it counts.': 'Jusqu’à quand elle compte.',
    'A user’s credential in this realm: a signing request and the certificate that answers it. It counts only while this object lives; deleting it revokes it at once.':
      'Le moyen d’authentification d’un utilisateur dans ce domaine : une demande de certificat et le certificat qui y répond. Il ne compte que tant que cet objet existe ; le supprimer le révoque aussitôt.',
    'Who the certificate speaks for, such as "alice". Never "system:…".':
      'Au nom de qui parle le certificat, par exemple "alice". Jamais "system:…".',
    'Groups that role bindings may name. Never "system:…".':
      'Groupes que peuvent nommer les attributions de rôles. Jamais "system:…".',
    'A PKCS#10 signing request in PEM. Only its key counts (P-256, P-384, Ed25519, or RSA of 3072 bits or more); its subject is ignored.':
      'Une demande de certificat PKCS#10 en PEM. Seule compte sa clé (P-256, P-384, Ed25519, ou RSA d’au moins 3072 bits) ; son sujet est ignoré.',
    'How many days the certificate is valid, from when it is signed.':
      'Pendant combien de jours le certificat est valide, à partir de sa signature.',
    'The signed certificate in PEM.': 'Le certificat signé, en PEM.',
    'When it begins to be valid.': 'Quand sa validité commence.',
    'Who it speaks for.': 'Au nom de qui il parle.',
    'Groups it carries.': 'Groupes qu’il porte.',
    'Whether it was signed.': 'S’il a été signé.',
    'When it expires.': 'Quand il expire.',
    'Serial number.': 'Numéro de série.',
    'An operator asks to be let into one project of a tenant, for a while and for a reason. The tenant’s own people grant it, watch it and end it.':
      'Un opérateur demande à être admis dans un projet d’un locataire, pour un temps et pour une raison. Les gens du locataire l’accordent, le surveillent et y mettent fin.',
    'The tenant.': 'Le locataire.',
    'The one project of it.': 'Le seul projet concerné.',
    'Everything that is asked for; nothing else opens.': 'Tout ce qui est demandé ; rien d’autre ne s’ouvre.',
    'What may be done; a terminal (exec) is create.':
      'Ce qui peut être fait ; un terminal (exec) est create.',
    'To which resources, such as instances.compute.casemate.internal/exec.':
      'Sur quelles ressources, par exemple instances.compute.casemate.internal/exec.',
    'To which objects; absent: every one in the project.': 'Sur quels objets ; absent : tous ceux du projet.',
    'How long, from when it is granted.': 'Combien de temps, à partir de l’accord.',
    'A PKCS#10 signing request in PEM of a key made for this session; the key stays with the operator.':
      'Une demande de certificat PKCS#10 en PEM d’une clé faite pour cette session ; la clé reste chez l’opérateur.',
    'Come in before the tenant agreed: takes another operator, at most an hour, and the tenant is told at once.':
      'Entrer avant l’accord du locataire : requiert un autre opérateur, dure au plus une heure, et le locataire est averti aussitôt.',
    'In the tenant’s realm only: where it comes from. Written by the region alone.':
      'Dans le domaine du locataire seulement : d’où elle vient. Écrit par la région seule.',
    'Of the request in the region.': 'De la demande dans la région.',
    'Operators who agreed.': 'Opérateurs qui ont donné leur accord.',
    'Who agreed, in this realm.': 'Qui a donné son accord, dans ce domaine.',
    'In the region: its name in the tenant’s realm.':
      'Dans la région : son nom dans le domaine du locataire.',
    'When it was granted.': 'Quand elle a été accordée.',
    'When the session ends by itself.': 'Quand la session prend fin d’elle-même.',
    'Who ended it before its time.': 'Qui y a mis fin avant l’heure.',
    'What the session signs in with, in PEM.': 'Ce avec quoi s’authentifie la session, en PEM.',
    'Why it is so, and what one can do.': 'Pourquoi il en est ainsi, et que faire.',
    'For what.': 'Pour quoi.',
    'Whether nobody of the tenant was asked.': 'Si personne du locataire n’a été consulté.',
    'What this organization asks of operators of the region who request access to it.':
      'Ce que cette organisation exige des opérateurs de la région qui demandent à y entrer.',
    'How many people of the organization must approve an access request. Default: 1.':
      'Combien de personnes de l’organisation doivent approuver une demande d’accès. Par défaut : 1.',
    'How long a session may last. Default: 480.':
      'Combien de temps une session peut durer. Par défaut : 480.',
    'Whether two operators together may come in before anybody of the organization agreed. Default: Allowed, announced at once.':
      'Si deux opérateurs ensemble peuvent entrer avant l’accord de l’organisation. Par défaut : Allowed, annoncé aussitôt.',
    'How many days recordings of operators’ terminals are kept. Shortening it counts for those that begin later. Default: 365.':
      'Combien de jours sont gardés les enregistrements des terminaux d’opérateurs. Raccourcir ce délai vaut pour ceux qui commencent plus tard. Par défaut : 365.',
    'How many must approve.': 'Combien doivent approuver.',
    'How long at most.': 'Combien de temps au plus.',
    'Whether it may be.': 'Si c’est permis.',
    'How many days they are kept.': 'Combien de jours ils sont gardés.',
    'Looks through who holds what, right by right: keep or revoke. Completing it carries the revocations out and plans the next one.':
      'Passe en revue qui détient quoi, droit par droit : garder ou révoquer. L’achever exécute les révocations et planifie la suivante.',
    'Whose rights: those of users and groups, or those of service accounts.':
      'De qui les droits : ceux des utilisateurs et des groupes, ou ceux des comptes de service.',
    'Only rights that are narrowed to this project.': 'Seulement les droits restreints à ce projet.',
    'When it must be completed, RFC 3339. Default: 30 days after it was made.':
      'Quand elle doit être achevée, RFC 3339. Par défaut : 30 jours après sa création.',
    'Whether the next one is made when this is completed: after a year, of service accounts after a quarter.':
      'Si la suivante est créée quand celle-ci est achevée : après un an, pour les comptes de service après un trimestre.',
    'When it must be completed.': 'Quand elle doit être achevée.',
    'When what is held is written down, and deciding begins.':
      'Quand ce qui est détenu est noté, et que les décisions commencent.',
    'Who held what when it opened.': 'Qui détenait quoi à l’ouverture.',
    'The RoleBinding that gives it.': 'L’attribution de rôle qui le donne.',
    'Of a group: who was in it.': 'D’un groupe : qui en était.',
    'keep or revoke.': 'keep ou revoke.',
    'What became of a revocation: done; gone: it was taken away meanwhile; blocked: it is the last way in.':
      'Ce qu’est devenue une révocation : done ; gone : le droit a été retiré entre-temps ; blocked : c’est la dernière voie d’entrée.',
    'True: more is held than one review can hold.':
      'True : il y a plus de droits que n’en contient une revue.',
    'SHA-256, in hexadecimal, of the canonical JSON (RFC 8785) of the items as decided.':
      'SHA-256, en hexadécimal, du JSON canonique (RFC 8785) des éléments tels que décidés.',
    'The review that follows this one.': 'La revue qui suit celle-ci.',
    'Whose rights.': 'De qui les droits.',
    'Waiting, Open, Overdue or Completed.': 'Waiting, Open, Overdue ou Completed.',
    'Rights that nobody decided about yet.': 'Droits dont personne n’a encore décidé.',
    'What an operator did in a terminal of this organization, recorded. Only its own people play it back.':
      'Ce qu’un opérateur a fait dans un terminal de cette organisation, enregistré. Seuls les gens de l’organisation le relisent.',
    'The request that opened it.': 'La demande qui l’a ouvert.',
    'Who sat there.': 'Qui était devant.',
    'Where the terminal was.': 'Où était le terminal.',
    'What was run; empty: a shell.': 'Ce qui a été exécuté ; vide : un shell.',
    'Until when it is kept at least, by the OperatorPolicy when it began; no later change shortens it.':
      'Jusqu’à quand il est gardé au moins, selon la règle pour les opérateurs à son début ; aucun changement ultérieur ne l’abrège.',
    'The request in the access log.': 'La requête dans le journal d’accès.',
    'Incomplete: whatever recorded it broke off; what there is, is there.':
      'Incomplete : ce qui l’enregistrait s’est interrompu ; ce qui est là est là.',
    'Pieces kept.': 'Morceaux gardés.',
    'Of the whole asciicast.': 'De tout l’asciicast.',
    'When something was last kept.': 'Quand quelque chose a été gardé pour la dernière fois.',
    'Digest of the asciicast as far as it is kept, in hex.':
      'Empreinte de l’asciicast pour autant qu’il est gardé, en hexadécimal.',
    'Of the command.': 'De la commande.',
    'How it ended.': 'Comment cela s’est terminé.',
    'Where.': 'Où.',
    'Whether it is whole.': 'S’il est entier.',
    'How much.': 'Combien.',
    'What opened it.': 'Ce qui l’a ouvert.',
    'Digest.': 'Empreinte.',
  },
  values: {
    Active: 'Active',
    read: 'Lire',
    create: 'Créer',
    update: 'Modifier',
    delete: 'Supprimer',
    use: 'Utiliser',
    User: 'Utilisateur',
    Group: 'Groupe',
    ServiceAccount: 'Compte de service',
    certificate: 'Certificat',
    Mon: 'Lundi',
    Tue: 'Mardi',
    Wed: 'Mercredi',
    Thu: 'Jeudi',
    Fri: 'Vendredi',
    Sat: 'Samedi',
    Sun: 'Dimanche',
    project: 'Projet',
    realm: 'Tout le domaine',
    get: 'Lire',
    list: 'Lister',
    watch: 'Suivre',
    patch: 'Modifier en partie',
    deletecollection: 'Supprimer plusieurs',
    '*': 'Tout',
    'tenant-request': 'Demande du locataire',
    support: 'Assistance',
    repair: 'Réparation',
    'security-incident': 'Incident de sécurité',
    'legal-order': 'Injonction légale',
    'end-of-use': 'Fin d’utilisation',
    other: 'Autre',
    Carried: 'Transmise',
    Granted: 'Accordée',
    Revoked: 'Révoquée',
    Ended: 'Terminée',
    Allowed: 'Autorisé',
    Forbidden: 'Interdit',
    people: 'Personnes',
    'service-accounts': 'Comptes de service',
    keep: 'Garder',
    revoke: 'Révoquer',
    done: 'Fait',
    gone: 'Retiré entre-temps',
    blocked: 'Bloqué',
    Recording: 'En cours d’enregistrement',
    Complete: 'Complet',
  },
};

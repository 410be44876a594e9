/** What kinds of the group identity.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    disabled: 'Désactivé',
    oidc: 'OpenID Connect',
    'client id': 'Identifiant du client',
    'client secret ref': 'Secret du client',
    scopes: 'Scopes',
    ca: 'Autorité de certification',
    saml: 'SAML',
    'entity id': 'EntityID',
    'sso url': 'Adresse de connexion (SSO)',
    certificates: 'Certificats',
    mapping: 'Correspondances',
    email: 'Adresse électronique',
    'group prefix': 'Préfixe des groupes',
    'allowed domains': 'Domaines autorisés',
    'auto create users': 'Créer les utilisateurs automatiquement',
    'provisioned by': 'Approvisionné par',
    'metadata fetched at': 'Métadonnées lues le',
    'redirect uris': 'Adresses de redirection',
    'post logout redirect uris': 'Adresses après déconnexion',
    public: 'Public',
    'secret generation': 'Génération du secret',
    'backchannel logout uri': 'Adresse de déconnexion (back-channel)',
    left: 'Restants',
    'last used at': 'Dernière utilisation le',
    'last used': 'Dernière utilisation',
    'valid hours': 'Validité (heures)',
    'link digest': 'Empreinte du lien',
    'user uid': 'Uid de la personne',
    'linked at': 'Lien demandé le',
    locale: 'Langue',
    'identity provider': 'Fournisseur d’identité',
    'federated groups': 'Groupes fédérés',
    'last sign in at': 'Dernière connexion le',
    credentials: 'Moyens d’authentification',
    passkeys: 'Clés d’accès (passkeys)',
    authenticator: 'Application d’authentification',
    'recovery codes': 'Codes de secours',
    'signs in with': 'Se connecte avec',
    'last sign-in': 'Dernière connexion',
    client: 'Client',
  },
  descriptions: {
    'An OpenID Connect provider or SAML 2.0 identity provider of your own that people sign in with. Whoever runs it can be any person linked to it. Deleting it lets nobody in with it any more.':
      'Un fournisseur OpenID Connect ou un fournisseur d’identité SAML 2.0 à vous, avec lequel les gens se connectent. Qui l’exploite peut être n’importe quelle personne qui lui est liée. Le supprimer ne laisse plus entrer personne par lui.',
    'What it speaks.': 'Ce qu’il parle.',
    'What the sign-in page calls it.': 'Comment l’appelle la page de connexion.',
    'True: nobody signs in with it, and nothing connects to it.':
      'True : personne ne se connecte avec lui, et rien ne s’y connecte.',
    'Where type is oidc.': 'Quand type est oidc.',
    'Its issuer, as its tokens say it; /.well-known/openid-configuration is below it.':
      'Son émetteur, comme le disent ses jetons ; /.well-known/openid-configuration est en dessous.',
    'What it knows us as.': 'Comment il nous connaît.',
    'The secret that we prove ourselves with. Absent: a public client, by PKCE alone.':
      'Le secret par lequel nous nous prouvons. Absent : un client public, par PKCE seul.',
    'The project of the Secret.': 'Le projet du secret.',
    'The name of the Secret.': 'Le nom du secret.',
    'Which of its values.': 'Laquelle de ses valeurs.',
    'What is asked for; openid always.': 'Ce qui est demandé ; openid toujours.',
    'Who certified its server, PEM. Absent: the authorities that this machine trusts.':
      'Qui a certifié son serveur, PEM. Absent : les autorités auxquelles cette machine fait confiance.',
    'Where type is saml. Assertions must be signed; responses may be too.':
      'Quand type est saml. Les assertions doivent être signées ; les réponses peuvent l’être aussi.',
    'Its entityID: who issues assertions.': 'Son entityID : qui émet les assertions.',
    'Where browsers are sent to: its single sign-on service, HTTP-Redirect.':
      'Où les navigateurs sont envoyés : son service d’authentification unique, HTTP-Redirect.',
    'What it signs with, PEM; two while it changes its key.':
      'Ce avec quoi il signe, PEM ; deux pendant qu’il change de clé.',
    'What its claims or attributes mean here.': 'Ce que ses claims ou attributs signifient ici.',
    'The claim or attribute that names a person for ever. Default: sub (OIDC), the persistent NameID (SAML).':
      'Le claim ou l’attribut qui nomme une personne pour toujours. Par défaut : sub (OIDC), le NameID persistant (SAML).',
    'The claim or attribute that becomes the name of a User made at their first sign-in: alice.ministry.example for alice@ministry.example.':
      'Le claim ou l’attribut qui devient le nom d’un User créé à sa première connexion : alice.ministry.example pour alice@ministry.example.',
    'What others see.': 'Ce que voient les autres.',
    'Where to reach them.': 'Où joindre la personne.',
    'The claim or attribute that lists groups. Absent: none are taken.':
      'Le claim ou l’attribut qui liste les groupes. Absent : aucun n’est repris.',
    'What stands before each of its groups here, "ministry.": no group made here may begin with it. Required for groups.':
      'Ce qui précède ici chacun de ses groupes, "ministry." : aucun groupe créé ici ne peut commencer ainsi. Requis pour les groupes.',
    'Only people whose email is in one of these may sign in.':
      'Seules peuvent se connecter les personnes dont l’adresse électronique est dans l’un de ces domaines.',
    'Makes a User at the first sign-in of somebody unknown, if their name is free and holds nothing yet. Otherwise only those who are linked to it already may sign in.':
      'Crée un User à la première connexion d’une personne inconnue, si son nom est libre et ne détient encore rien. Sinon, seuls peuvent se connecter ceux qui y sont déjà liés.',
    'The SCIM client of the same directory: people that it makes are linked to this provider by their externalId.':
      'Le client SCIM du même annuaire : les personnes qu’il crée sont liées à ce fournisseur par leur externalId.',
    'The project of the service account.': 'Le projet du compte de service.',
    'When its metadata was last read (OIDC).':
      'Quand ses métadonnées ont été lues pour la dernière fois (OIDC).',
    'On the sign-in page.': 'Sur la page de connexion.',
    'Its issuer or entityID.': 'Son émetteur ou entityID.',
    'An application that people of this realm sign in to with OpenID Connect. Its client_id is its name. It learns who they are, and can do nothing in their name here.':
      'Une application à laquelle les gens de ce domaine se connectent par OpenID Connect. Son client_id est son nom. Elle apprend qui ils sont, et ne peut rien faire ici en leur nom.',
    'What people see when they sign in.': 'Ce que voient les gens en se connectant.',
    'Where people are sent back to, compared letter by letter: https, or http on a loopback address (any port) for an application on their own machine.':
      'Où les gens sont renvoyés, comparé lettre à lettre : https, ou http sur une adresse de boucle locale (tout port) pour une application sur leur propre machine.',
    'Where people may be sent after they signed out.':
      'Où les gens peuvent être envoyés après s’être déconnectés.',
    'True: it cannot keep a secret (a page, an app). False, the default: it proves itself with the secret that the action "secret" gives.':
      'True : elle ne peut pas garder un secret (une page, une application). False, par défaut : elle se prouve par le secret que donne l’action "secret".',
    'Raise it to replace the secret at once.': 'Augmentez-le pour remplacer le secret aussitôt.',
    'An https address that is told when somebody’s sign-in ended (OpenID Connect Back-Channel Logout).':
      'Une adresse https avertie quand la session d’une personne prend fin (OpenID Connect Back-Channel Logout).',
    'What people see.': 'Ce que voient les gens.',
    'Whether it has no secret.': 'Si elle est sans secret.',
    'Something that a User signs in with. Made on the sign-in pages only; what is secret in it nobody can read. Deleting it takes it away from its owner at once.':
      'Quelque chose avec quoi une personne se connecte. Fait seulement sur les pages de connexion ; ce qui y est secret, personne ne peut le lire. Le supprimer le retire aussitôt à son détenteur.',
    'The name of the User it belongs to.': 'Le nom de la personne à qui il appartient.',
    'passkey; password and totp, which only count together; recovery-codes, in place of totp.':
      'passkey ; password et totp, qui ne comptent qu’ensemble ; recovery-codes, à la place de totp.',
    'What its owner calls it, "Blue key".': 'Comment l’appelle son détenteur, "Clé bleue".',
    'Of recovery codes: how many are left.': 'Des codes de secours : combien il en reste.',
    'When somebody last signed in with it.': 'Quand quelqu’un s’est connecté avec pour la dernière fois.',
    'What proves it, encrypted under the realm’s key: of no use to whoever reads it.':
      'Ce qui le prouve, chiffré avec la clé du domaine : inutile à qui le lit.',
    'What its owner calls it.': 'Comment l’appelle son détenteur.',
    'When it was last used.': 'Quand il a été utilisé pour la dernière fois.',
    'People who hold roles together: a RoleBinding names it, its members hold the role.':
      'Des personnes qui tiennent des rôles ensemble : une attribution de rôle le nomme, ses membres tiennent le rôle.',
    'Names of Users, each once. Who is removed as a User leaves every group.':
      'Noms de personnes, chacun une fois. Qui est supprimé comme User quitte tous les groupes.',
    'The SCIM client that may put the people it provisions into this group, whatever roles the group holds. Whoever sets it must hold them.':
      'Le client SCIM qui peut mettre dans ce groupe les personnes qu’il approvisionne, quels que soient les rôles du groupe. Qui le définit doit les détenir.',
    'How many people are in it.': 'Combien de personnes en font partie.',
    'Lets a User choose a passkey, or a password and an authenticator app, by a link that works once. What they had before is replaced.':
      'Permet à une personne de choisir une clé d’accès (passkey), ou un mot de passe et une application d’authentification, par un lien qui sert une fois. Ce qu’elle avait avant est remplacé.',
    'The name of the User who is invited.': 'Le nom de la personne invitée.',
    'How many hours its link works, from when this object was made; at most seven days.':
      'Combien d’heures son lien fonctionne, à partir de la création de cet objet ; au plus sept jours.',
    'SHA-256 of the link’s secret, in base64url; the secret itself is nowhere.':
      'SHA-256 du secret du lien, en base64url ; le secret lui-même n’est nulle part.',
    'The uid of the User then: a later one of that name is not who was invited.':
      'L’uid de la personne à ce moment : une autre du même nom, plus tard, n’est pas celle qui a été invitée.',
    'When the link was asked for.': 'Quand le lien a été demandé.',
    'When the link was used: it works no more.': 'Quand le lien a été utilisé : il ne fonctionne plus.',
    'Who is invited.': 'Qui est invité.',
    'no link yet, open or used.': 'Pas encore de lien, ouvert ou utilisé.',
    'When its link stops working.': 'Quand son lien cesse de fonctionner.',
    'A person of this realm. Invite them (Invitation) to let them choose what they sign in with. Deleting or disabling one ends at once everything they are signed in to; deleting one also takes their certificates and their name out of whatever names them.':
      'Une personne de ce domaine. Invitez-la (invitation) pour la laisser choisir avec quoi elle se connecte. La supprimer ou la désactiver met fin aussitôt à toutes ses sessions ; la supprimer retire aussi ses certificats, et son nom de tout ce qui la nomme.',
    'What others see, "Alice Muller".': 'Ce que voient les autres, "Alice Muller".',
    'Where to reach them. Told to applications that they sign in to.':
      'Où la joindre. Communiqué aux applications auxquelles elle se connecte.',
    'True: cannot sign in, and whatever they are signed in with is refused at once, their client certificates too.':
      'True : elle ne peut pas se connecter, et tout ce avec quoi elle est connectée est refusé aussitôt, ses certificats clients aussi.',
    'The language they prefer.': 'La langue qu’elle préfère.',
    'The IdentityProvider that says who they are. Absent: they sign in here, with Credentials.':
      'Le fournisseur d’identité qui dit qui elle est. Absent : elle se connecte ici, avec des moyens d’authentification.',
    'What that provider calls them: the subject that it never gives to anybody else.':
      'Comment ce fournisseur l’appelle : le sujet qu’il ne donne jamais à quelqu’un d’autre.',
    'The SCIM client that sees, changes and removes them. Absent: none does.':
      'Le client SCIM qui la voit, la modifie et la retire. Absent : aucun.',
    'Groups that their identity provider put them into when they last signed in.':
      'Groupes où l’a placée son fournisseur d’identité à sa dernière connexion.',
    'When they last signed in.': 'Quand elle s’est connectée pour la dernière fois.',
    'What they can sign in with. Never a secret.': 'Ce avec quoi elle peut se connecter. Jamais un secret.',
    'Number of passkeys.': 'Nombre de clés d’accès (passkeys).',
    'Whether they have a password.': 'Si elle a un mot de passe.',
    'Whether an authenticator app is set up.': 'Si une application d’authentification est configurée.',
    'Recovery codes that were not used yet.': 'Codes de secours pas encore utilisés.',
    'active or disabled.': 'Active ou désactivée.',
    'What they sign in with.': 'Ce avec quoi elle se connecte.',
    'When they last did.': 'Quand pour la dernière fois.',
    'Somebody’s sign-in to one client. Its tokens count only while it lives: deleting it signs them out at once.':
      'La connexion d’une personne à un client. Ses jetons ne comptent que tant qu’elle existe : la supprimer la déconnecte aussitôt.',
    'The name of the User who signed in.': 'Le nom de la personne qui s’est connectée.',
    'The uid of that User: another of the same name is somebody else.':
      'L’uid de cette personne : une autre du même nom est quelqu’un d’autre.',
    'How they proved who they are.': 'Comment elle a prouvé son identité.',
    'What they signed in to: casemate-cli, casemate-console, or an OAuthClient.':
      'Ce à quoi elle s’est connectée : casemate-cli, casemate-console, ou un client OAuth.',
    'When they proved it.': 'Quand elle l’a prouvée.',
    'Who signed in.': 'Qui s’est connecté.',
  },
  values: {
    totp: 'Code à usage unique (TOTP)',
    'recovery-codes': 'Codes de secours',
    en: 'Anglais',
    de: 'Allemand',
    fr: 'Français',
  },
};
